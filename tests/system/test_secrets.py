"""Secrets stay in their files: not in arguments, environments, logs, the store or its backup (cores: test_hardening.py); and a file
that others might have read is refused."""

import os
import shutil
import subprocess
import unittest

from zmq.utils import z85

import tap
from broker import ROOT, Broker, binary

WHO = "李四 13900000000"
GUESS = "nobody-guesses-this-7261"
NOBODY = 65534


def is_root():
    return os.geteuid() == 0


def files_under(folder):
    for where, _, names in os.walk(folder):
        for name in names:
            path = os.path.join(where, name)
            if os.path.isfile(path):
                yield path


class Secrets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.broker = Broker(tcp=True).start()
        cls.broker.cli("keys", "make", "custodian", "--folder", cls.broker.folder)
        cls.worker = cls.broker.worker("fire", "sleep", "60", as_="fire", flags=("--log", os.path.join(cls.broker.folder, "w.log")))
        cls.publish("who-1", "-", WHO + "\n")
        guess = os.path.join(cls.broker.folder, "guess")
        with open(os.open(guess, os.O_CREAT | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
            file.write(GUESS + "\n")
        cls.broker.cli("commit", "e-1", "--secret-file", guess, as_="chief")

    @classmethod
    def tearDownClass(cls):
        cls.broker.close()

    @classmethod
    def publish(cls, event, reporter_file, stdin="", ok=True):
        return cls.broker.cli("publish", "--json", "--id", event, "--type", "1.01", "--area", "620899001001", "--custodian",
                              os.path.join(cls.broker.folder, "custodian.pub"), "--reporter-file", reporter_file,
                              as_="hotline", stdin=stdin, ok=ok)

    def secrets(self):
        """As they are written, and keys as they are in memory too."""
        texts = [GUESS.encode(), WHO.encode(), WHO.split()[1].encode()]
        for name in ("broker", "fire", "hotline", "chief", "ops"):
            with open(self.broker.key(name), "rb") as file:
                key = file.readline().strip()
            texts += [key, z85.decode(key)]
        return texts

    def assert_clean(self, content, where):
        for secret in self.secrets():
            self.assertNotIn(secret, content, where)

    def test_arguments_and_environments_name_files_only(self):
        for process in (self.broker.process, self.worker):
            for what in ("cmdline", "environ"):
                try:
                    with open(f"/proc/{process.pid}/{what}", "rb") as file:
                        content = file.read()
                except PermissionError:  # what it keeps to itself
                    continue
                self.assert_clean(content, what)

    def test_no_option_takes_a_secret(self):
        for verb, options in (("publish", ("--reporter", WHO)), ("commit", ("x", "--secret", GUESS)), ("reveal", ("x", "--secret", GUESS))):
            self.assertEqual(self.broker.cli(verb, *options, as_="chief", ok=False).exit, 5, verb)

    def test_logs_say_nothing_of_them(self):
        said = "\n".join(self.broker.process.err.seen + self.broker.process.out.seen + self.worker.err.seen + self.worker.out.seen)
        self.assertIn("ready", said)
        self.assert_clean(said.encode(), "log")
        with open(self.broker.key("fire"), "rb") as file:
            key = file.read()
        for name, content in (("short", key[:30] + b"\n"), ("long", key.strip() + b"x\n"), ("noise", b"~" * 40 + b"\n")):
            path = os.path.join(self.broker.folder, name)
            with open(os.open(path, os.O_CREAT | os.O_WRONLY, 0o600), "wb") as file:
                file.write(content)
            for done in (self.start_with(path), self.ask_with(path)):
                self.assertNotEqual(done.returncode, 0, name)
                self.assertNotIn(key[:20], done.stdout + done.stderr)

    def test_the_store_and_its_backup_hold_none(self):
        backup = os.path.join(self.broker.folder, "backup")
        self.broker.cli("backup", backup, as_="ops")
        found = list(files_under(backup)) + list(files_under(self.broker.store))
        self.assertGreaterEqual(len(found), 3)
        for path in found:
            with open(path, "rb") as file:
                self.assert_clean(file.read(), path)
            self.assertEqual(os.stat(path).st_mode & 0o077, 0, path)
        for folder in (backup, self.broker.store):
            self.assertEqual(os.stat(folder).st_mode & 0o077, 0, folder)

    # --- files ---

    def start_with(self, key_file):
        flags = [*self.broker.flags]
        flags[flags.index("--key-file") + 1] = key_file
        flags[flags.index("--store") + 1] = os.path.join(self.broker.folder, "other-store")
        return subprocess.run([binary("bihuand"), *flags], capture_output=True, timeout=30, check=False)

    def ask_with(self, key_file):
        env = dict(self.broker.environment("fire"), BIHUAN_KEY_FILE=key_file)
        return subprocess.run([binary("bihuan"), "ls"], env=env, capture_output=True, timeout=30, check=False)

    def python_with(self, key_file):
        env = dict(self.broker.environment("camera"), BIHUAN_KEY_FILE=key_file)
        return subprocess.run(["/usr/bin/python3", os.path.join(ROOT, "workers/python/bihuan_publisher.py")], env=env, input=b"",
                              capture_output=True, timeout=30, check=False)

    def bad_files(self):
        good = os.path.join(self.broker.folder, "good.key")
        shutil.copy(self.broker.key("fire"), good)
        for mode in (0o640, 0o604, 0o620):
            path = f"{good}.{mode:o}"
            shutil.copy(good, path)
            os.chmod(path, mode)
            yield path
        link = good + ".link"
        os.symlink(good, link)
        yield link
        pipe = good + ".pipe"
        os.mkfifo(pipe, 0o600)
        yield pipe
        if is_root():
            other = good + ".other"
            shutil.copy(good, other)
            os.chown(other, NOBODY, NOBODY)
            yield other

    def test_a_key_that_others_might_know_is_refused(self):
        self.assertEqual(self.ask_with(self.broker.key("fire")).returncode, 0)
        self.assertEqual(self.python_with(self.broker.key("camera")).returncode, 0)
        for path in self.bad_files():
            for done in (self.start_with(path), self.ask_with(path)):
                self.assertNotEqual(done.returncode, 0, path)
                self.assertIn(path.encode(), done.stderr, path)
            self.assertNotEqual(self.python_with(path).returncode, 0, path)

    def test_so_is_a_name_or_a_secret_that_others_might_know(self):
        path = os.path.join(self.broker.folder, "name")
        with open(path, "w", encoding="utf-8") as file:
            file.write(WHO)
        os.chmod(path, 0o644)
        self.assertEqual(self.publish("who-2", path, ok=False).exit, 5)
        os.chmod(path, 0o600)
        self.assertEqual(self.publish("who-2", path).exit, 0)
        self.assertEqual(self.broker.cli("commit", "e-2", "--secret-file", path + ".no", as_="chief", ok=False).exit, 5)


if __name__ == "__main__":
    tap.main()
