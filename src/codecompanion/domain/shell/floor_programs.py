"""Programs and their verbs that only a person may allow."""

from collections.abc import Mapping
from types import MappingProxyType

FLOOR: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "uses the network": frozenset(
            {
                *("ansible", "aria2c", "aws", "az", "curl", "dig", "docker", "elinks", "firebase", "flyctl", "ftp"),
                *("gcloud", "gh", "glab", "gpg", "helm", "heroku", "hg", "host", "http", "httpie", "https", "hub"),
                *("ifconfig", "ip", "iptables", "kubectl", "lftp", "links", "lynx", "mail", "mongo", "mongosh"),
                *("mysql", "nc", "ncat", "netcat", "netlify", "nft", "ngrok", "nmap", "nslookup", "openssl", "ping"),
                *("podman", "psql", "rclone", "redis-cli", "rsync", "s3cmd", "scp", "sendmail", "sftp", "socat", "ssh"),
                *("ssh-add", "ssh-agent", "ssh-copy-id", "ssh-keygen", "svn", "tcpdump", "telnet", "terraform", "tftp"),
                *("traceroute", "twine", "vercel", "w3m", "wget", "whois", "xh", "youtube-dl"),
            }
        ),
        "installs packages": frozenset(
            {
                *("apk", "apt", "apt-get", "aptitude", "asdf", "brew", "bunx", "conda", "corepack", "cpan", "cpanm"),
                *("dnf", "dpkg", "easy_install", "flatpak", "gem", "luarocks", "mamba", "micromamba", "nix", "nix-env"),
                *("npx", "nvm", "pacman", "pipx", "port", "pyenv", "rbenv", "rpm", "rustup", "snap", "uvx"),
                *("yum", "zypper"),
            }
        ),
        "changes who runs it or the machine": frozenset(
            {
                *("at", "batch", "bwrap", "chgrp", "chown", "chroot", "crontab", "dd", "doas", "fdisk", "firejail"),
                *("gdb", "halt", "init", "insmod", "launchctl", "losetup", "ltrace", "mkfs", "mknod", "modprobe"),
                *("mount", "nsenter", "open", "osascript", "parallel", "passwd", "pkexec", "poweroff", "ptrace"),
                *("reboot", "runuser", "screen", "script", "security", "service", "setcap", "setfacl", "setpriv"),
                *("shred", "shutdown", "strace", "su", "sudo", "sysctl", "systemctl", "tmux", "umount", "unshare"),
                *("useradd", "userdel", "usermod", "visudo", "wipefs", "xdg-open"),
            }
        ),
        "ends processes": frozenset({"fuser", "kill", "killall", "pkill", "skill", "xkill"}),
    }
)
INSTALLING: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "pip": frozenset({"cache", "config", "download", "index", "install", "search", "uninstall", "wheel"}),
        "npm": frozenset(
            {
                *("add", "audit", "ci", "config", "create", "dedupe", "exec", "i", "in", "init", "install"),
                *("install-test", "isntall", "it", "link", "login", "publish", "remove", "rm", "set", "un"),
                *("uninstall", "up", "update", "upgrade", "x"),
            }
        ),
        "pnpm": frozenset(
            {"add", "create", "dlx", "exec", "i", "import", "install", "publish", "remove", "rm", "up", "update"}
        ),
        "yarn": frozenset(
            {"", "add", "create", "dlx", "global", "install", "npm", "publish", "remove", "set", "up", "upgrade"}
        ),
        "bun": frozenset({"add", "create", "i", "install", "link", "publish", "remove", "update", "upgrade", "x"}),
        "uv": frozenset(
            {
                *("", "add", "cache", "lock", "pip", "publish", "python", "remove", "run", "self", "sync"),
                *("tool", "venv"),
            }
        ),
        "poetry": frozenset({"add", "config", "install", "lock", "publish", "remove", "self", "sync", "update"}),
        "pdm": frozenset({"add", "config", "install", "lock", "publish", "remove", "self", "sync", "update"}),
        "pipenv": frozenset({"", "install", "lock", "sync", "uninstall", "update", "upgrade"}),
        "hatch": frozenset({"config", "env", "publish", "python", "self"}),
        "rye": frozenset({"", "add", "install", "lock", "publish", "remove", "self", "sync", "toolchain"}),
        "cargo": frozenset({"add", "fetch", "install", "login", "owner", "publish", "remove", "search", "uninstall", "update"}),
        "go": frozenset({"clean", "env", "get", "install", "mod"}),
        "bundle": frozenset({"", "add", "cache", "config", "install", "lock", "package", "update"}),
        "composer": frozenset({"config", "create-project", "global", "install", "remove", "require", "update"}),
        "mvn": frozenset({"deploy", "install"}),
        "gradle": frozenset({"publish"}),
        "dotnet": frozenset({"add", "new", "nuget", "restore", "tool", "workload"}),
        "setup.py": frozenset({"develop", "install", "register", "upload"}),
    }
)
ALIASES: Mapping[str, str] = MappingProxyType({"pip3": "pip", "pip2": "pip", "gradlew": "gradle", "mvnw": "mvn", "pnpx": "npx"})
