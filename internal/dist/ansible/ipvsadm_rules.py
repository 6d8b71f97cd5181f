#!/usr/bin/python
# -*- coding: utf-8 -*-

# Copyright: the ipvsadm-go authors
# SPDX-License-Identifier: MIT

from __future__ import absolute_import, division, print_function

__metaclass__ = type

DOCUMENTATION = r"""
---
module: ipvsadm_rules
version_added: "0.2.0"
short_description: Manage the rules of the IPVS load balancer
description:
  - Makes the table of the kernel's load balancer what rules describe, by C(ipvsadm -R --sync) of ipvsadm-go.
  - What stays the same keeps its connections and counters. If the kernel rejects a command, all of them are rolled back.
options:
  rules:
    description:
      - The rules, one command a line, as C(ipvsadm-save -n) prints them; or a list of such lines.
      - Or a dictionary with the keys of the JSON document that C(ipvsadm-save --json) prints. The schema is
        C(ipvsadm-rules.json).
    type: raw
    required: true
  state:
    description:
      - With C(exact), services that the rules do not name are deleted.
      - With C(present), they are left alone, as other programs may own them.
    type: str
    choices: [exact, present]
    default: exact
  partial:
    description:
      - Another name of I(state=present), after the option of the program.
    type: bool
    default: false
  keep_weights:
    description:
      - Leave the weights of real servers alone that are there already, as somebody may drain them, or a health checker
        set them.
    type: bool
    default: false
  netns:
    description:
      - The network namespace to work in. This is a name known to C(ip netns), a process ID or a path.
    type: str
  save:
    description:
      - A file to save the table to when it is as the rules describe. It is replaced when everything is written.
    type: path
  executable:
    description:
      - The program C(ipvsadm) of ipvsadm-go. By default it is looked for in C(PATH) and in the directories for programs
        of the administrator.
    type: path
notes:
  - The module refuses to work with an ipvsadm that is not ipvsadm-go.
author:
  - The ipvsadm-go authors (@ipvsadm-go)
attributes:
  check_mode:
    support: full
    description: Returns what would be changed, by C(ipvsadm -R --diff).
  diff_mode:
    support: full
    description: Shows the commands.
"""

EXAMPLES = r"""
- name: Two web servers behind one address
  ipvsadm_rules:
    rules: |
      -A -t 172.20.0.200:80 -s wrr
      -a -t 172.20.0.200:80 -r 172.20.0.21:80 -g -w 3
      -a -t 172.20.0.200:80 -r 172.20.0.22:80 -g -w 1
    save: /etc/ipvsadm.rules

- name: The same as data, beside the services of keepalived
  ipvsadm_rules:
    state: present
    keep_weights: true
    rules:
      services:
        - protocol: tcp
          address: 172.20.0.200
          port: 80
          scheduler: wrr
          destinations:
            - address: 172.20.0.21
              weight: 3
            - address: 172.20.0.22

- name: The rules of a file of this machine, in a network namespace
  ipvsadm_rules:
    rules: "{{ lookup('file', 'director.rules') }}"
    netns: blue
"""

RETURN = r"""
commands:
  description: The commands that were applied, or that would be in check mode.
  returned: success
  type: list
  elements: str
  sample: ["-e -t 172.20.0.200:80 -r 172.20.0.22:80 -g -w 2"]
saved:
  description: Whether the file of I(save) was written, or would be in check mode.
  returned: success
  type: bool
  sample: true
"""

import json
import os
import subprocess

from ansible.module_utils.basic import AnsibleModule
from ansible.module_utils.common.text.converters import to_bytes, to_native

# The statuses of --diff, as of diff(1).
EQUAL = 0
DIFFERENT = 1


def run_program(module, words, data=""):
    """Runs a program, and returns its status, output and errors.

    The method run_command of AnsibleModule loses the output of a program that writes it, and
    ends, just after it has waited for a second in vain. Here that would be the changes.
    """
    # The messages of the system are not translated.
    environment = dict(os.environ, LANG="C", LC_ALL="C")
    try:
        process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
        out, err = process.communicate(to_bytes(data))
    except OSError as error:
        module.fail_json(msg="%s: %s" % (words[0], to_native(error)))
    return process.returncode, to_native(out), to_native(err)


def rules_input(module, rules):
    """Returns the input of ipvsadm -R, and the options for it."""
    if isinstance(rules, dict):
        return json.dumps(rules), ["--json"]
    if isinstance(rules, str):
        # Templates turn some documents into dictionaries, and leave others as they are.
        return rules + "\n", ["--json"] if rules.lstrip().startswith("{") else []
    if isinstance(rules, list) and all(isinstance(line, str) for line in rules):
        return "\n".join(rules) + "\n", []
    module.fail_json(msg="rules is neither a text, a list of lines nor a dictionary")


def find_program(module):
    """Returns the path of ipvsadm, which has to be ipvsadm-go: another one has no --sync."""
    path = module.params["executable"]
    if path is None:
        path = module.get_bin_path("ipvsadm", required=True, opt_dirs=["/usr/local/sbin"])
    rc, out, err = run_program(module, [path, "-v"])
    if rc != 0 or "ipvsadm-go" not in out:
        module.fail_json(msg="%s is not that of ipvsadm-go: %s" % (path, (out + err).strip()))
    return path


class Director(object):
    """The director whose table is managed."""

    def __init__(self, module):
        self.module = module
        self.program = [find_program(module)]
        if module.params["netns"] is not None:
            self.program += ["--netns", module.params["netns"]]

    def run(self, words, data="", statuses=(0,)):
        """Runs ipvsadm, which has to end with one of some statuses. Returns the status and the output."""
        rc, out, err = run_program(self.module, self.program + words, data)
        if rc not in statuses:
            self.module.fail_json(msg=err.strip() or "ipvsadm ended with status %d" % rc, rc=rc, stderr=err)
        return rc, out

    def difference(self, data, options):
        """Returns the commands that the table differs by."""
        _, out = self.run(["-R", "--diff"] + options, data, (EQUAL, DIFFERENT))
        return out.splitlines()

    def synchronize(self, data, options):
        """Applies the difference, and returns its commands."""
        _, out = self.run(["-R", "--sync", "--changes"] + options, data)
        if "--json" in options:
            return json.loads(out)["commands"]
        return out.splitlines()

    def save(self, path):
        """Saves the table to a file if that has another one, and reports whether it did."""
        _, table = self.run(["-S", "-n"])
        try:
            with open(path) as f:
                if f.read() == table:
                    return False
        except (IOError, UnicodeDecodeError):
            pass  # it will be written
        if not self.module.check_mode:
            self.run(["-S", "-n", "--output", path])
        return True


def main():
    module = AnsibleModule(
        argument_spec=dict(
            rules=dict(type="raw", required=True),
            state=dict(type="str", choices=["exact", "present"], default="exact"),
            partial=dict(type="bool", default=False),
            keep_weights=dict(type="bool", default=False),
            netns=dict(type="str"),
            save=dict(type="path"),
            executable=dict(type="path"),
        ),
        supports_check_mode=True,
    )

    data, options = rules_input(module, module.params["rules"])
    if module.params["partial"] or module.params["state"] == "present":
        options.append("--partial")
    if module.params["keep_weights"]:
        options.append("--keep-weights")

    director = Director(module)
    if module.check_mode:
        commands = director.difference(data, options)
    else:
        commands = director.synchronize(data, options)

    saved = False
    if module.params["save"] is not None:
        # What a check would change is not in the table yet, so the file is out of date.
        saved = module.check_mode and bool(commands) or director.save(module.params["save"])

    result = dict(changed=bool(commands) or saved, commands=commands, saved=saved)
    if module._diff:
        result["diff"] = dict(prepared="".join(line + "\n" for line in commands))
    module.exit_json(**result)


if __name__ == "__main__":
    main()
