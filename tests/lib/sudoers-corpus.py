#!/usr/bin/env python3
# sudoers-corpus.py DIRECTORY COUNT SEED: that many texts for sudo to read, as anybody might write them: aliases of
# aliases, negations, groups, tags, lists of hosts, rules of several lines, expressions.
import random
import sys

USERS = ['banger', 'admin', 'stranger', '#1900', '#1901', '%users', '%banger', '%#1900', '%nosuch', 'ALL', '"banger"', 'BANGER',
         '%#100', '+net', 'b\\x61nger', 'Admin']
HOSTS = ['ALL', 'ALL', 'ALL', 'ALL', 'otherhost', '10.0.0.0/8', '!otherhost', 'fe80::1', '2001:db8::/32', '"otherhost"', '+net']
COMMANDS = ['ALL', '/usr/bin/true', '/usr/bin/env -i "a', '/usr/sbin/banger-priv', '/usr/sbin/banger-priv create-tap *',
            '/usr/sbin/', '/sbin/', '/usr/bin/', '/usr/sbin/banger-*', '/usr/*/banger-priv', '^/usr/s?bin/.*$',
            '^/usr/sbin/banger-[a-z]+$ ^create-tap .*, [a:b]$', 'sudoedit /etc/hosts', '/usr/bin/id ^(a|b, c)$', '/usr/bin/printf a\\,b\\:ALL',
            '/usr/bin/true ""', '/usr/bin/ls /a\\:/b', '/usr/bin/kill -9 *', '/usr/sbin/banger-priv ^ensure-bridge$',
            '^/.*$', '/usr/sbin/[a-c]anger-priv', '/opt/banger-priv']
RUNAS = ['', '(ALL)', '(ALL:ALL) ', '(root)', '(ALL)', '(RUN)', '(root : root)', '(%users, !root)', '(:users)', '("a b")', '()', '(RUN)']
TAGS = ['', 'NOPASSWD:', 'NOPASSWD: SETENV:', 'PASSWD : NOEXEC:', 'CWD=/tmp ', 'TIMEOUT=10 NOPASSWD: ',
        'NOTBEFORE=20200101000000Z ']
random.seed(int(sys.argv[3]))


def pick(*words):
    return random.choice(words)


def blank():
    return pick(' ', ' ', '\t', '  ', ' \\\n  ')


def comma():
    return pick(',', ', ', ' ,\t', ', \\\n\t')


def some(words, aliases, negations):
    chosen = []
    for _ in range(pick(1, 1, 1, 2, 3)):
        word = random.choice(aliases) if aliases and random.random() < .5 else random.choice(words)
        chosen.append(('!' if random.random() < negations and not word.startswith('!') else '') + word)
    return comma().join(chosen)


def commands(aliases):
    chosen = []
    for _ in range(pick(1, 1, 2, 3)):
        word = random.choice(aliases) if aliases and random.random() < .5 else random.choice(COMMANDS)
        chosen.append(pick('', '', *RUNAS) + pick('', *TAGS) + ('!' if random.random() < .15 else '') + word)
    return comma().join(chosen)


def text():
    users, cmds, hosts, lines = [], [], [], ['# a text, ALL \\']
    for n in range(random.randrange(4)):
        kind = random.randrange(3)
        if kind == 0:
            lines.append(f'User_Alias{blank()}USERS{n}{pick("=", " = ")}{some(USERS, users, .2)}')
            users.append(f'USERS{n}')
        elif kind == 1:
            two = f' : C{n} = {some(COMMANDS, cmds, .2)}'
            lines.append(f'{pick("Cmnd_Alias", "Cmnd_Alias")} CMDS{n}{pick("=", " = ")}{some(COMMANDS, cmds, .2)}' + pick('', two))
            cmds.append(f'CMDS{n}')
        else:
            lines.append(f'Host_Alias HOSTS{n} = {some(HOSTS, hosts, 0)}')
            hosts.append(f'HOSTS{n}')
    lines.append('Runas_Alias RUN = root, banger')
    for _ in range(pick(1, 1, 2)):
        more = f' : {some(HOSTS, hosts, 0)} = {commands(cmds)}'
        lines.append(f'{some(USERS, users, .2)}{blank()}{some(HOSTS, hosts, 0)}{pick("=", " = ")}{commands(cmds)}'
                     + pick('', '', more) + pick('', '  # ALL, for all', ' #'))
    lines.append('Defaults!/usr/bin/nosuch !requiretty, passprompt="a # b, \\\nadmin ALL=(ALL) ALL"')
    if random.random() < .5:
        random.shuffle(lines)
    return '\n'.join(lines) + '\n'


for n in range(int(sys.argv[2])):
    with open(f'{sys.argv[1]}/{n}', 'w') as out:
        out.write(text())
