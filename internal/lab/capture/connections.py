#!/usr/bin/env python3
"""Prints a connection table, as for testdata/format/conn/real.proc.

    guest internal/lab/capture/connections.py

It sends real traffic between addresses of one machine, with persistence templates,
firewall marks, both address families, SCTP and SIP. It replaces the IPVS table and
needs ipvsadm and iproute2. Ports and times differ from run to run."""
import os
import socket
import subprocess

SETUP = """
ip link add dummy0 type dummy; ip link set dummy0 up
for i in 1 2 3 4; do
    ip addr add 10.9.0.$i/32 dev dummy0
    ip addr add 2001:db8:9::$i/128 dev dummy0 nodad
done
ip route add 10.77.0.0/24 dev dummy0
modprobe sctp; sleep 1
"""
RULES = """
-A -t 10.9.0.1:80 -s rr
-a -t 10.9.0.1:80 -r 10.9.0.2:8080 -m
-a -t 10.9.0.1:80 -r 10.9.0.3:8080 -m
-A -t 10.9.0.1:81 -s rr -p 2678400 -M 255.255.255.0
-a -t 10.9.0.1:81 -r 10.9.0.2:8080 -m
-A -t 10.9.0.1:82 -s rr
-a -t 10.9.0.1:82 -r 10.77.0.2:8080 -m
-A -t 10.9.0.1:83 -s rr
-a -t 10.9.0.1:83 -r 10.9.0.2:8080 -m
-A --sctp-service 10.9.0.1:9000 -s rr
-a --sctp-service 10.9.0.1:9000 -r 10.9.0.2:9000 -m
-A -f 7 -s rr -p 60
-a -f 7 -r 10.9.0.2:0 -m
-A -f 8 -6 -s rr -p 6000 -M 64
-a -f 8 -6 -r [2001:db8:9::2]:0 -m
-A -t [2001:db8:9::1]:80 -s rr
-a -t [2001:db8:9::1]:80 -r [2001:db8:9::2]:8080 -m
-A -t [2001:db8:9::1]:81 -s rr -p 
-a -t [2001:db8:9::1]:81 -r [2001:db8:9::2]:8080 -m
-A -u 10.9.0.1:53 -s rr
-a -u 10.9.0.1:53 -r 10.9.0.2:5300 -m
-A -u 10.9.0.1:5060 -s rr -p 60 --pe sip -o
-a -u 10.9.0.1:5060 -r 10.9.0.2:5060 -m
-A -u [2001:db8:9::1]:5060 -s rr -p 60 --pe sip
-a -u [2001:db8:9::1]:5060 -r [2001:db8:9::2]:5060 -m
"""
SIP = (b"INVITE sip:bob@example.com SIP/2.0\r\nVia: SIP/2.0/UDP 10.9.0.1:5060\r\n"
       b"From: <sip:a@example.com>;tag=1\r\nTo: <sip:b@example.com>\r\n"
       b"Call-ID: a84b4c76e66710@pc33.example.com\r\nCSeq: 1 INVITE\r\nContent-Length: 0\r\n\r\n")
SO_MARK, SCTP = 36, 132
V4, V6 = socket.AF_INET, socket.AF_INET6
sockets = []


def listen(address, family=V4, protocol=0):
    s = socket.socket(family, socket.SOCK_STREAM, protocol)
    s.bind(address)
    s.listen(50)
    sockets.append(s)


def connect(address, family=V4, protocol=0, mark=None, source=None, close=False):
    s = socket.socket(family, socket.SOCK_STREAM, protocol)
    s.settimeout(1)
    if mark:
        s.setsockopt(socket.SOL_SOCKET, SO_MARK, mark)
    if source:
        s.bind(source)
    try:
        s.connect(address)
    except TimeoutError:  # 10.77.0.2 does not answer: SYN_RECV
        pass
    if close:
        s.close()
    sockets.append(s)


def send(data, address, family=V4):
    s = socket.socket(family, socket.SOCK_DGRAM)
    s.sendto(data, address)
    sockets.append(s)


subprocess.run(SETUP, shell=True, check=True)
subprocess.run(["ipvsadm", "-R"], input=RULES.lstrip(), text=True, check=True)
listen(("10.9.0.2", 8080))
listen(("10.9.0.3", 8080))
listen(("2001:db8:9::2", 8080), V6)
listen(("10.9.0.2", 9000), protocol=SCTP)
connect(("10.9.0.1", 80))
connect(("10.9.0.1", 80))
connect(("10.9.0.1", 80), close=True)
connect(("10.9.0.1", 81))
connect(("10.9.0.1", 82))
connect(("10.9.0.1", 9000), protocol=SCTP)
connect(("10.9.0.1", 8080), mark=7)
connect(("2001:db8:9::1", 80), V6)
connect(("2001:db8:9::1", 81), V6)
connect(("2001:db8:9::1", 8080), V6, mark=8)
connect(("10.9.0.1", 83), source=("10.9.0.4", 1001))
send(b"x", ("10.9.0.1", 53))
send(SIP, ("10.9.0.1", 5060))
send(SIP, ("2001:db8:9::1", 5060), V6)
with open("/proc/net/ip_vs_conn") as table:
    print(table.read(), end="", flush=True)
os._exit(0)
