# SPDX-License-Identifier: BSD-3-Clause
"""An HSS for a test: its folder, configuration, store and process. TORII_SCTP=1: over SCTP."""
import atexit
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import diameter  # noqa: E402

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.environ.get("TORII_BUILD", os.path.join(ROOT, "build"))
SCTP = os.environ.get("TORII_SCTP") == "1"

CONFIG = """
diameter: {
  identity = "%(identity)s"; realm = "%(realm)s";
  hosts = [ "alias.%(realm)s" ]; realms = [ "second.%(realm)s" ];
  addresses = [ %(addresses)s ]; port = %(port)d; sctp = %(sctp)s; tcp = true; %(diameter)s
};
peers: ( %(peers)s
  { host = "*.epc.mnc001.mcc001.3gppnetwork.org"; partners = [ "visited" ]; %(peer)s },
  { host = "dra*.ipx.example"; realm = "ipx.example"; partners = [ "visited", "second" ]; }
);
partners: (
  { name = "visited"; realms = [ "epc.mnc001.mcc001.3gppnetwork.org" ]; plmns = [ "00101" ]; },
  { name = "second"; realms = [ "second.example" ]; plmns = [ "00102" ]; },
  { name = "barred"; realms = [ "barred.example" ]; barred = true; }
);
queue: { retry_first = "300ms"; retry_max = "2s"; answer_timeout = "1s"; %(queue)s };
store: { url = "sqlite:%(dir)s/hss.db"; key_file = "%(dir)s/hss.key"; %(store)s };
cli: { port = %(cli)d; };
metrics: { port = %(metrics)d; };
log: { level = "debug"; };
%(more)s
"""


def free_port():
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    port = s.getsockname()[1]
    s.close()
    return port


def wait_for(what, condition, seconds=10):
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("waited %d s for %s" % (seconds, what))
        time.sleep(0.02)


class Hss:
    all = []

    def __init__(self, sims=20, addresses=("127.0.0.1",), **settings):
        self.dir = tempfile.mkdtemp(prefix="torii-hss.")
        atexit.register(self.clean_up)
        self.address = addresses[0]
        self.port, self.cli_port, self.metrics_port = free_port(), free_port(), free_port()
        self.process = None
        values = dict(identity=diameter.HSS, realm=diameter.HOME_REALM, dir=self.dir,
                      port=self.port, cli=self.cli_port, metrics=self.metrics_port,
                      addresses=", ".join('"%s"' % a for a in addresses),
                      sctp="true" if SCTP else "false")
        for name in ("diameter", "peers", "peer", "queue", "store", "more"):
            values[name] = settings.pop(name, "")
        assert not settings, settings
        with open(self.dir + "/hss.cfg", "w") as f:
            f.write(CONFIG % values)
        if sims:
            subprocess.run([BUILD + "/tests/mme/hss-seed", "sqlite:%s/hss.db" % self.dir,
                            self.dir + "/hss.key", str(sims)], check=True,
                           stderr=subprocess.DEVNULL)
        self.log = open(self.dir + "/hss.log", "ab")
        Hss.all.append(self)

    def start(self):
        self.process = subprocess.Popen([BUILD + "/hss/torii-hss", "-c", self.dir + "/hss.cfg"],
                                        stdout=self.log, stderr=self.log)
        wait_for("the HSS to listen", self.listens)
        return self

    def listens(self):
        if self.process.poll() is not None:
            raise AssertionError("the HSS ended:\n" + self.log_text())
        for proto in [socket.IPPROTO_TCP] + ([132] if SCTP else []):
            with socket.socket(socket.AF_INET, socket.SOCK_STREAM, proto) as s:
                s.settimeout(1)
                try:
                    s.connect((self.address, self.port))
                except OSError:
                    return False
        return True

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(20)
        self.process = None

    def kill(self):
        child = self.child()
        self.process.kill()
        self.process.wait()
        wait_for("the end of the child", lambda: not os.path.exists("/proc/%d" % child))
        self.process = None

    def child(self):
        """The serving process under the supervisor."""
        out = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)],
                             capture_output=True, text=True).stdout.split()
        return int(out[0]) if out else None

    def clean_up(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        if os.environ.get("TORII_KEEP"):
            print("kept", self.dir)
        else:
            shutil.rmtree(self.dir, ignore_errors=True)

    def log_text(self):
        with open(self.dir + "/hss.log", errors="replace") as f:
            return f.read()

    def client(self, host="mme1", realm=diameter.REALM, cer=True, sctp=None, **kw):
        c = diameter.Client(self.address, self.port, host="%s.%s" % (host, realm), realm=realm,
                            sctp=SCTP if sctp is None else sctp, **kw)
        if cer:
            m = c.cer()
            assert m is not None and m.result == ("base", 2001), m and m.result
        return c

    def cli(self, line):
        s = socket.create_connection(("127.0.0.1", self.cli_port), 5)
        s.settimeout(5)
        text = b""
        while not text.endswith(b"torii-hss> "):
            text += s.recv(4096)
        s.sendall(line.encode() + b"\r\n")
        text = b""
        while not text.endswith(b"torii-hss> "):
            text += s.recv(65536)
        s.close()
        return text.decode(errors="replace").replace("\r", "")


def sanitizers_say(text):
    """The first line of what an HSS built with sanitizers found, or None."""
    for line in text.splitlines():
        if "Sanitizer" in line or ": runtime error: " in line:
            return line
    return None


def leaves_sanitizers_without_a_word():
    found = [sanitizers_say(hss.log_text()) for hss in Hss.all]
    assert not any(found), found


def run(cases):
    """Runs the functions, each with its own line; exits 1 if one failed."""
    cases = cases + [leaves_sanitizers_without_a_word]
    failed = 0
    for case in cases:
        started = time.monotonic()
        try:
            case()
            print("ok   %s (%.1f s)" % (case.__name__, time.monotonic() - started), flush=True)
        except Exception:  # noqa: BLE001
            failed += 1
            import traceback
            print("FAIL %s" % case.__name__, flush=True)
            traceback.print_exc(file=sys.stdout)
            for hss in Hss.all:
                print("     | " + "\n     | ".join(hss.log_text().splitlines()[-30:]), flush=True)
    sys.exit(1 if failed else 0)
