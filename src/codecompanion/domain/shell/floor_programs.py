"""Programs that only a person may allow, whatever their arguments."""

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
                *(
                    "at",
                    "batch",
                    "bwrap",
                    "chgrp",
                    "chown",
                    "chroot",
                    "codecompanion",
                    "crontab",
                    "dd",
                    "doas",
                    "fdisk",
                    "firejail",
                ),
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
