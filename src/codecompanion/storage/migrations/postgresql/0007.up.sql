-- What is asked of providers, for those who share their limits. A request waits (sent_at is null), is in flight (until its lease has
-- run out, which its process renews), or was sent a moment ago. The tables are not logged: what they hold is over in a minute.
CREATE UNLOGGED TABLE provider_requests (
    token       text        COLLATE "C" PRIMARY KEY,
    provider    text        COLLATE "C" NOT NULL,
    came_at     timestamptz NOT NULL,
    asked_at    timestamptz NOT NULL,
    sent_at     timestamptz,
    lease_until timestamptz
);
CREATE INDEX provider_requests_by_provider ON provider_requests (provider);

-- Models that their providers asked to leave alone.
CREATE UNLOGGED TABLE held_models (
    model      text        COLLATE "C" PRIMARY KEY,
    held_until timestamptz NOT NULL
);

-- Let a request to a model through, in place of the last of its asking (0), or say for how many seconds to wait; the second number
-- is 1 when the model is held back. most: in flight at once, rate: sent within the span; 0 is no limit. Who is in the line and did not
-- ask for as long as patience has gone. One at a time asks for a provider: nobody comes between the look and the step.
-- Those in front are to ask often and those behind rarely, so that a long line costs little more than a short one.
CREATE FUNCTION enter_provider(
    asker text, asked_model text, most integer, rate integer, lease interval, span interval, patience interval
) RETURNS float8[] LANGUAGE plpgsql AS $$
DECLARE
    asked_provider CONSTANT text := split_part(asked_model, ':', 1);
    moment  timestamptz := clock_timestamp();
    held_s  float8;
    since   timestamptz;
    stands  record;
    freed   timestamptz;
    wait_s  float8 := 0;
BEGIN
    SELECT extract(epoch FROM held_until - moment) INTO held_s
    FROM held_models WHERE model = asked_model AND held_until > moment;
    IF held_s IS NOT NULL THEN
        DELETE FROM provider_requests WHERE token = asker;
        RETURN ARRAY[held_s, 1];
    END IF;
    IF most = 0 AND rate = 0 THEN
        RETURN ARRAY[0, 0];
    END IF;

    PERFORM pg_advisory_xact_lock(hashtextextended('codecompanion provider ' || asked_provider, 0));
    moment := clock_timestamp();
    DELETE FROM provider_requests WHERE provider = asked_provider AND CASE
        WHEN sent_at IS NULL THEN asked_at <= moment - patience
        ELSE (rate = 0 OR sent_at <= moment - span) AND coalesce(lease_until <= moment, true)
    END;
    INSERT INTO provider_requests AS mine (token, provider, came_at, asked_at) VALUES (asker, asked_provider, moment, moment)
    ON CONFLICT (token) DO UPDATE SET asked_at = moment RETURNING mine.came_at INTO since;
    SELECT
        count(*) FILTER (WHERE sent_at IS NULL AND (came_at, token) < (since, asker)) AS ahead,
        count(*) FILTER (WHERE lease_until > moment) AS in_flight,
        count(*) FILTER (WHERE sent_at > moment - span) AS sent
    INTO stands FROM provider_requests WHERE provider = asked_provider;

    IF most > 0 AND stands.in_flight + stands.ahead >= most THEN
        wait_s := 0.05 * (stands.ahead + 1);
    END IF;
    IF rate > 0 AND stands.sent + stands.ahead + 1 > rate THEN
        SELECT sent_at INTO freed FROM provider_requests WHERE provider = asked_provider AND sent_at > moment - span
        ORDER BY sent_at OFFSET stands.sent + stands.ahead - rate LIMIT 1;
        wait_s := greatest(wait_s, extract(epoch FROM coalesce(freed, moment) + span - moment) + 0.001);
    END IF;
    IF wait_s = 0 THEN
        UPDATE provider_requests SET sent_at = moment, lease_until = moment + lease WHERE token = asker;
    END IF;
    RETURN ARRAY[wait_s, 0];
END $$;
