"""Addresses that somebody writes who wants to be let in where only this machine can go.

`PORT` is that of a server on this machine which nobody may reach. Names under `.example` are those of the attacker, and
are where `NAMES` says.
"""

# One look-up after another gives one list after another; the last one stays.
NAMES = {
    "inside_example": [["127.0.0.1"]],
    "inside6_example": [["::1"]],
    "metadata_example": [["169.254.169.254"]],
    "mapped_example": [["::ffff:127.0.0.1"]],
    "nat64_example": [["64:ff9b::7f00:1"]],
    "zero_example": [["0.0.0.0"]],
    "lan_example": [["192.168.1.1", "10.0.0.1"]],
    "localtest_me": [["127.0.0.1"]],
    "127_0_0_1_nip_io": [["127.0.0.1"]],
    "localhost": [["127.0.0.1", "::1"]],
    "localhost_localdomain": [["127.0.0.1"]],
    "ip6-localhost": [["::1"]],
    "xn--inside-4ya_example": [["127.0.0.1"]],
}

# This machine, in every way to write its number.
NUMBERS = """
http://127.0.0.1:PORT/
https://127.0.0.1:PORT/
HTTP://127.0.0.1:PORT/
http://127.1:PORT/
http://127.0.1:PORT/
http://127.255.255.254:PORT/
http://2130706433:PORT/
http://0x7f000001:PORT/
http://0X7F000001:PORT/
http://017700000001:PORT/
http://0x7f.0.0.1:PORT/
http://0x7f.0x0.0x0.0x1:PORT/
http://0177.0.0.1:PORT/
http://0177.0.0.01:PORT/
http://00000177.1:PORT/
http://127.0x1:PORT/
http://0x7f.1:PORT/
http://127.00.00.01:PORT/
http://0:PORT/
http://0.0.0.0:PORT/
http://00:PORT/
http://0x0:PORT/
http://0.0:PORT/
http://4294967296:PORT/
http://256.256.256.256:PORT/
http://127.0.0.1.:PORT/
http://127.0.0.1.1:PORT/
http://127.0.0.1:0PORT/
http://127.0.0.1%00.example:PORT/
http://127.0.0.1%2e:PORT/
""".split()

# And in the notation of six.
SIX = """
http://[::1]:PORT/
http://[0:0:0:0:0:0:0:1]:PORT/
http://[0000:0000:0000:0000:0000:0000:0000:0001]:PORT/
http://[::]:PORT/
http://[::ffff:127.0.0.1]:PORT/
http://[::ffff:7f00:1]:PORT/
http://[0:0:0:0:0:ffff:127.0.0.1]:PORT/
http://[::FFFF:127.0.0.1]:PORT/
http://[::127.0.0.1]:PORT/
http://[::7f00:1]:PORT/
http://[64:ff9b::127.0.0.1]:PORT/
http://[64:ff9b::7f00:1]:PORT/
http://[64:ff9b:1::7f00:1]:PORT/
http://[2002:7f00:1::]:PORT/
http://[2001:0:7f00:1::]:PORT/
http://[2606:4700::5efe:127.0.0.1]:PORT/
http://[fe80::1]:PORT/
http://[fe80::1%25lo]:PORT/
http://[fe80::1%lo]:PORT/
http://[::1%25lo]:PORT/
http://[::1%lo]:PORT/
http://[fc00::1]:PORT/
http://[fd00:ec2::254]/latest/meta-data/
http://[ff02::1]:PORT/
http://[fec0::1]:PORT/
http://[::1:PORT/
http://::1:PORT/
http://[::1]PORT/
http://[[::1]]:PORT/
http://[v1.::1]:PORT/
""".split()

# Other places that are not for everybody.
INSIDE = """
http://10.0.0.1/
http://172.16.0.1/
http://192.168.0.1/
http://100.64.0.1/
http://169.254.169.254/latest/meta-data/iam/security-credentials/
http://169.254.170.2/v2/credentials
http://0xA9FEA9FE/latest/meta-data/
http://2852039166/latest/meta-data/
http://0251.0376.0251.0376/latest/meta-data/
http://169.254.43518/latest/meta-data/
http://[::ffff:169.254.169.254]/
http://[::ffff:a9fe:a9fe]/
http://[64:ff9b::a9fe:a9fe]/
http://100.100.100.200/latest/meta-data/
http://168.63.129.16/metadata/
http://192.0.0.192/latest/
http://198.18.0.1/
http://224.0.0.1/
http://255.255.255.255/
http://240.0.0.1/
""".split()

# Names that lead there, and letters that turn into other letters on the way.
CALLED = """
http://localhost:PORT/
http://LOCALHOST:PORT/
http://localhost.:PORT/
http://localhost.localdomain:PORT/
http://ip6-localhost:PORT/
http://localtest.me:PORT/
http://127.0.0.1.nip.io:PORT/
http://inside.example:PORT/
http://INSIDE.example.:PORT/
http://inside6.example:PORT/
http://mapped.example:PORT/
http://nat64.example:PORT/
http://zero.example:PORT/
http://lan.example/
http://metadata.example/latest/meta-data/
http://①②⑦.⓪.⓪.①:PORT/
http://127。0。0。1:PORT/
http://127．0．0．1:PORT/
http://127｡0｡0｡1:PORT/
http://ⓛocalhost:PORT/
http://ｌｏｃａｌｈｏｓｔ:PORT/
http://ⅼocalhost:PORT/
http://localhoſt:PORT/
http://xn--inside-4ya.example:PORT/
http://xn--:PORT/
http://xn--a.example\u200b:PORT/
http://loc\u00adalhost:PORT/
http://localhost\u3002:PORT/
""".split()

# Who reads one host here and another one there.
SPLIT = [
    "http://public.example@127.0.0.1:PORT/",
    "http://public.example:80@127.0.0.1:PORT/",
    "http://127.0.0.1:PORT@public.example/",
    "http://user:password@127.0.0.1:PORT/",
    "http://:@127.0.0.1:PORT/",
    "http://@127.0.0.1:PORT/",
    "http://public.example\\@127.0.0.1:PORT/",
    "http://127.0.0.1:PORT\\@public.example/",
    "http://public.example#@127.0.0.1:PORT/",
    "http://127.0.0.1:PORT#@public.example/",
    "http://public.example%40127.0.0.1:PORT/",
    "http://public.example;@127.0.0.1:PORT/",
    "http://127.0.0.1:PORT:80/",
    "http://127.0.0.1:PORT,public.example/",
    "http://127.0.0.1 :PORT/",
    "http:// 127.0.0.1:PORT/",
    "http://127.0.0.1\t:PORT/",
    "http://127.0.0.1\n:PORT/",
    "http://127.0.0.1:PORT/\r\nHost: public.example\r\nX: ",
    "http://127.0.0.1:PORT/%0d%0aX-Injected:%20yes",
    "http://public.example\r\n@127.0.0.1:PORT/",
    "http://127.0.0.1\x00.public.example:PORT/",
    "http:///127.0.0.1:PORT/",
    "http:////127.0.0.1:PORT/",
    "http:127.0.0.1:PORT/",
    "http:/127.0.0.1:PORT/",
    "http:\\\\127.0.0.1:PORT\\",
    "//127.0.0.1:PORT/",
    "\\\\127.0.0.1:PORT\\",
    "http://127.0.0.1:99999/",
    "http://127.0.0.1:-1/",
    "http://127.0.0.1:PORTx/",
]

# What is no HTTP at all.
SCHEMES = """
file:///etc/passwd
file://127.0.0.1/etc/passwd
FILE:///etc/passwd
ftp://127.0.0.1:PORT/
gopher://127.0.0.1:PORT/_GET%20/
dict://127.0.0.1:PORT/info
ldap://127.0.0.1:PORT/
tftp://127.0.0.1:PORT/x
ws://127.0.0.1:PORT/
unix:///var/run/docker.sock
http+unix://%2Fvar%2Frun%2Fdocker.sock/info
data:text/plain,127.0.0.1
javascript:alert(1)
jar:http://127.0.0.1:PORT!/
netdoc:///etc/passwd
php://filter/resource=/etc/passwd
view-source:http://127.0.0.1:PORT/
hxxp://127.0.0.1:PORT/
://127.0.0.1:PORT/
127.0.0.1:PORT
""".split()

ALL = [*NUMBERS, *SIX, *INSIDE, *CALLED, *SPLIT, *SCHEMES]
