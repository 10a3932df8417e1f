"""Idle and slow connections are opened, counted, and let go."""

from loadtests.benchmarks.crowd import Crowd, count_open
from loadtests.benchmarks.forms import Contender
from loadtests.benchmarks.servers import Server


def test_crowd_is_there_while_others_are_answered(server: Server, contender: Contender) -> None:
    path = contender.single.path
    question = contender.single.question(contender.single.draw(1, 2))
    with Crowd(server, path, idle=20, slow=5) as crowd:
        assert (count_open(crowd.idle), count_open(crowd.slow)) == (20, 5)
        assert server.ask(question).status == 200
        crowd.idle[0].setblocking(True)
        crowd.idle[0].sendall(b"GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        while crowd.idle[0].recv(65_536):
            continue
        crowd.idle[0].setblocking(False)
        assert count_open(crowd.idle) == 19
    assert [one.fileno() for one in (*crowd.idle, *crowd.slow)] == [-1] * 25
