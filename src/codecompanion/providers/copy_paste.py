"""A person carries the prompt to any web chat and brings the answer back. No key, no price, every role.

A chat knows what was said in it, so of a conversation that goes on only what is new is carried. Which chat is meant the
prompt says by a name; after a restart, or when earlier messages were shortened, it is carried whole, to a new chat.
"""

from dataclasses import dataclass, field
from hashlib import sha256

from pydantic_ai.messages import ModelMessage, ModelResponse
from pydantic_ai.models import ModelRequestParameters
from pydantic_ai.profiles import ModelProfile
from pydantic_ai.usage import RequestUsage

from codecompanion.providers.answering import THE_END, AnsweringModel
from codecompanion.providers.answers import ESTIMATED, tokens_of
from codecompanion.providers.connecting import Ask, Wanted
from codecompanion.providers.transcript import joined, parse, render, said_in, tools_text

NEW = "(Begin a new chat with this, and call it {name}.)"
FENCED = (
    "Your answer is copied from a web page: put each edit, with its path, into a fenced code block, or its indentation is lost."
)
GOES_ON = "(Go on in the chat {name} with this.)"


@dataclass(slots=True)
class _Chat:
    """A web chat: its name, the characters that were written in it, and the last request that it answered.

    Of that `asked` are the texts, `count` is how many messages it had, and `answer_id` names the answer.
    """

    name: str
    tools: str
    asked: list[str] = field(default_factory=list[str])
    count: int = 0
    answer_id: str = ""
    characters: int = 0

    def goes_on_in(self, messages: list[ModelMessage], parameters: ModelRequestParameters) -> bool:
        """Whether messages are those that it knows, its answer, and new ones. Its answer may be told otherwise by now."""
        known, rest = messages[: self.count], messages[self.count :]
        if len(rest) < 2 or not isinstance(rest[0], ModelResponse):  # noqa: PLR2004 - the answer and what is new
            return False
        return rest[0].provider_response_id == self.answer_id and said_in(known, parameters) == self.asked


class CopyPasteModel(AnsweringModel):
    """Asks through a person. Tools are described in the prompt and used by fenced blocks in the answer."""

    def __init__(self, ask: Ask) -> None:
        super().__init__("copy-paste", "web-chat", profile=ModelProfile(supports_tools=True))
        self._ask = ask
        self._chats: list[_Chat] = []

    async def answer(self, messages: list[ModelMessage], parameters: ModelRequestParameters) -> ModelResponse:
        """Return what the person brings back.

        Its tokens are estimated: those of the whole chat were read, whether they were carried now or before.
        """
        chat, prompt = self._prompt(messages, parameters)
        brought = await self._ask(prompt)
        parts = parse(brought)
        usage = RequestUsage(input_tokens=tokens_of(chat.characters + len(prompt)), output_tokens=tokens_of(len(brought)))
        chat.characters += len(prompt) + len(brought)
        chat.asked, chat.count = said_in(messages, parameters), len(messages)
        chat.answer_id = sha256(f"{prompt}{brought}".encode()).hexdigest()
        return ModelResponse(
            parts=parts,
            model_name=self.model_name,
            provider_name=self.system,
            finish_reason="stop",
            provider_details=THE_END,
            usage=usage,
            provider_response_id=chat.answer_id,
            metadata={ESTIMATED: True},
        )

    def _prompt(self, messages: list[ModelMessage], parameters: ModelRequestParameters) -> tuple[_Chat, str]:
        """Return the chat that a request belongs to, and what is to be carried there."""
        tools = tools_text(parameters)
        for chat in self._chats:
            if chat.tools == tools and chat.goes_on_in(messages, parameters):
                return chat, joined([GOES_ON.format(name=chat.name), *said_in(messages[chat.count + 1 :])])
        whole = render(messages, parameters)
        chat = _Chat(sha256(whole.encode()).hexdigest()[:4], tools)
        self._chats.append(chat)
        writes = any(tool.name == "edit" for tool in parameters.function_tools)
        return chat, joined([NEW.format(name=chat.name), whole, *([FENCED] if writes else [])])


def connect(wanted: Wanted) -> CopyPasteModel:
    """Return the model that asks the person whom the face offers."""
    return CopyPasteModel(wanted.ask)
