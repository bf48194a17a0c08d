#!/usr/bin/python3
# SPDX-License-Identifier: BSD-3-Clause
"""The S6a commands end to end: what each answers, stores and sets off."""
import functools
import os
import re
import shutil
import subprocess

import _hss
from _hss import wait_for
from diameter import (AIR, CLR, HOME_REALM, HSS, NOR, P, R, RSR, S6A, T, TGPP, ULR, V, avp, find)

hss = _hss.Hss(sims=40).start()


def imsi(i):
    return "99970%010d" % i


def equal(got, want):
    if got != want:
        raise AssertionError("got %r, not %r" % (got, want))


def gives_one_to_five_vectors_with_item_numbers():
    c = hss.client()
    for asked, given in ((1, 1), (3, 3), (5, 5), (9, 5)):
        m = c.air(imsi(10), n=asked)
        equal(m.result, ("base", 2001))
        vectors = m.find(1413).members
        equal(len(vectors), given)
        rands = {v.members[-4].value if given == 1 else find(v.members, 1447).value
                 for v in vectors}
        equal(len(rands), given)
        for i, v in enumerate(vectors):
            item = find(v.members, 1419)
            equal(item.u32 if item else None, i + 1 if given > 1 else None)
            equal([len(find(v.members, code).value) for code in (1447, 1448, 1449, 1450)],
                  [16, 8, 16, 32])
            equal(find(v.members, 1449).value[6] & 0x80, 0x80)
    c.close()


def gives_utran_vectors_beside_them_if_asked():
    c = hss.client()
    m = c.air(imsi(10), n=2, extra=[avp(1409, [avp(1410, 1, TGPP)], TGPP)])
    vectors = m.find(1413).members
    equal([v.code for v in vectors], [1414, 1414, 1415])
    equal([len(find(vectors[2].members, code).value) for code in (625, 626)], [16, 16])
    c.close()


def refuses_a_forged_resynchronisation():
    c = hss.client()
    equal(c.air(imsi(10), resync=bytes(30)).result, ("s6a", 4181))
    m = c.air(imsi(10), resync=bytes(29))
    equal(m.result, ("base", 5014))
    equal(m.find(279, 1408, 1411) is not None, True)
    c.close()


def sends_the_whole_subscription():
    c = hss.client()
    m = c.ulr(imsi(7), flags=34)
    equal(m.result, ("base", 2001))
    equal(m.find(1406).u32 & 1, 1)
    equal(m.find(1400, 701).value.hex(), "99790000000070")
    equal(m.find(1400, 1424).u32, 0)
    equal(m.find(1400, 1417).u32, 2)
    equal(m.find(1400, 1426).u32, 32)
    equal(m.find(1400, 1619).u32, 3600)
    equal(m.find(1400, 1435, 516).u32, 50000000)
    equal(m.find(1400, 1435, 515).u32, 0xffffffff)
    equal(m.find(1400, 1435, 554).u32, 6000000)
    equal(m.find(1400, 1435, 555), None)
    equal(m.find(1400, 1429, 1423).u32, 1)
    equal(m.find(1400, 1429, 1428).u32, 0)
    apns = [a for a in m.find(1400, 1429).members if a.code == 1430]
    equal([find(a.members, 493).text for a in apns], ["internet", "iot"])
    first = apns[0].members
    equal([a.value for a in first if a.code == 848][0], b"\0\1\x64\x40\0\x07")
    equal([len(a.value) for a in first if a.code == 848], [6, 18])
    equal(find(first, 1456).u32, 0)
    equal(find(first, 1431, 1028).u32, 9)
    equal(find(first, 1431, 1034, 1046).u32, 8)
    equal(find(first, 1431, 1034, 1047).u32, 1)
    equal(find(first, 1432).u32, 0)
    equal(find(first, 486, 334).value, b"\0\1\x0a\x0a\0\x01")
    equal(find(first, 486, 348, 293).text, "pgw.home.example")
    equal(find(first, 1438).u32, 0)
    equal(find(first, 13).text, "0800")
    equal(find(first, 1435, 516).u32, 10000000)
    equal(find(apns[1].members, 1456).u32, 2)
    equal(find(apns[1].members, 848), None)
    c.close()


def refuses_each_kind_of_sim_with_its_own_result():
    c = hss.client()
    equal(c.air("999709999999999").result, ("s6a", 5001))
    equal(c.ulr("999709999999999").result, ("s6a", 5001))
    equal(c.air(imsi(2)).result, ("s6a", 5420))
    equal(c.ulr(imsi(2)).result, ("s6a", 5420))
    equal(c.air(imsi(4)).result, ("s6a", 5004))
    equal(c.ulr(imsi(4)).result, ("s6a", 5004))
    equal(c.ulr(imsi(5)).result, ("s6a", 5421))
    equal(c.ulr(imsi(5), rat=1005).result, ("base", 2001))
    c.close()


def terminal(imei):
    return [avp(1401, [avp(1402, imei, TGPP), avp(1403, "01", TGPP)], TGPP)]


def compares_fourteen_digits_of_a_locked_imei():
    c = hss.client()
    equal(c.ulr(imsi(6)).result, ("base", 2001))
    equal(c.ulr(imsi(6), extra=terminal("356938035643809")).result, ("base", 2001))
    equal(c.ulr(imsi(6), extra=terminal("3569380356438101")).result, ("s6a", 5420))
    c.close()


def learns_the_first_imei():
    c = hss.client()
    equal(c.ulr(imsi(8), extra=terminal("111111111111119")).result, ("base", 2001))
    equal(c.ulr(imsi(8), extra=terminal("222222222222229")).result, ("s6a", 5420))
    equal(c.ulr(imsi(8), extra=terminal("11111111111111")).result, ("base", 2001))
    c.close()


def sends_a_wrong_device_away_when_notify_shows_it():
    c = hss.client()
    equal(c.ulr(imsi(6)).result, ("base", 2001))
    equal(c.nor(imsi(6), terminal("222222222222229")).result, ("s6a", 5420))
    m = c.request_of_hss(CLR)
    equal((m.find(1).text, m.find(1420).u32), (imsi(6), 2))
    c.close()


def cancels_at_the_mme_before_and_at_no_other_time():
    a, b = hss.client("mme1"), hss.client("mme2")
    equal(a.ulr(imsi(11), flags=34).result, ("base", 2001))
    equal(a.ulr(imsi(11), flags=34).result, ("base", 2001))
    equal(b.ulr(imsi(11), flags=34).result, ("base", 2001))
    m = a.request_of_hss(CLR)
    equal((m.find(1).text, m.find(1420).u32, m.find(1638).u32 & 1), (imsi(11), 0, 1))
    equal(m.find(293).text, a.host)
    equal(m.find(277).u32, 1)
    equal(m.flags & (R | P), R | P)
    equal(a.request_of_hss(CLR, 0.5), None)
    equal(b.request_of_hss(CLR, 0.1), None)
    a.close()
    b.close()


def does_not_cancel_twice_for_a_repeated_update():
    a, b = hss.client("mme1"), hss.client("mme2")
    equal(a.ulr(imsi(12)).result, ("base", 2001))
    once = dict(e2e=777, session="mme2;once")
    equal(b.ulr(imsi(12), **once).result, ("base", 2001))
    equal(b.ulr(imsi(12), command_flags=R | P | T, **once).result, ("base", 2001))
    equal(a.request_of_hss(CLR).find(1).text, imsi(12))
    equal(a.request_of_hss(CLR, 0.5), None)
    # A late copy of it, after the device has gone back, must not fetch it again.
    equal(a.ulr(imsi(12)).result, ("base", 2001))
    equal(b.request_of_hss(CLR).find(1).text, imsi(12))
    equal(b.ulr(imsi(12), command_flags=R | P | T, **once).result, ("base", 2001))
    equal(a.request_of_hss(CLR, 0.5), None)
    a.close()
    b.close()


def skips_the_subscription_for_the_same_mme_only():
    a, b = hss.client("mme1"), hss.client("mme2")
    equal(a.ulr(imsi(13), flags=6).find(1400) is not None, True)
    equal(a.ulr(imsi(13), flags=6).find(1400), None)
    equal(b.ulr(imsi(13), flags=6).find(1400) is not None, True)
    a.close()
    b.close()


def agrees_on_what_both_support():
    c = hss.client()
    m = c.ulr(imsi(14), extra=[avp(628, [avp(266, TGPP), avp(629, 1, TGPP, flags=V),
                                         avp(630, 0xf00000fd, TGPP, flags=V)], TGPP, flags=V)])
    equal(m.find(628, 630).u32, 5)
    equal(m.find(628, 629).u32, 1)
    equal(c.ulr(imsi(14)).find(628), None)
    c.close()


def purges_for_the_registered_mme_only():
    a, b = hss.client("mme1"), hss.client("mme2")
    a.ulr(imsi(15))
    m = b.pur(imsi(15))
    equal((m.result, m.find(1442)), (("base", 2001), None))
    m = a.pur(imsi(15))
    equal((m.result, m.find(1442).u32), (("base", 2001), 1))
    equal(a.ulr(imsi(15), flags=6).find(1400) is not None, True)
    equal(a.pur("999709999999999").result, ("s6a", 5001))
    a.close()
    b.close()


def remembers_the_gateway_that_notify_tells():
    a, b = hss.client("mme1"), hss.client("mme2")
    gateway = [avp(493, "iot"), avp(1423, 2, TGPP),
               avp(486, [avp(334, b"\0\1\x0a\x14\0\x09")], flags=0x40)]
    equal(b.nor(imsi(16), gateway).result, ("s6a", 5423))
    a.ulr(imsi(16))
    equal(b.nor(imsi(16), gateway).result, ("s6a", 5423))
    equal(a.nor(imsi(16), gateway).result, ("base", 2001))
    apns = [x for x in a.ulr(imsi(16)).find(1400, 1429).members if x.code == 1430]
    equal(find(apns[1].members, 486, 334).value, b"\0\1\x0a\x14\0\x09")
    equal(find(apns[1].members, 1438).u32, 1)
    equal(a.nor("999709999999999").result, ("s6a", 5001))
    a.close()
    b.close()


def binds_networks_and_realms_to_peers():
    c = hss.client()
    equal(c.air(imsi(10), plmn=b"\x00\xf1\x20").result, ("s6a", 5004))
    equal(c.ulr(imsi(10), plmn=b"\x00\xf1\x20").result, ("s6a", 5004))
    equal(c.air(imsi(10), origin="mme9.second.example", realm="second.example").result,
          ("base", 5003))
    equal(c.air(imsi(10), origin="mme.barred.example", realm="barred.example").result,
          ("base", 5003))
    c.close()
    dra = hss.client("dra1", realm="ipx.example")
    equal(dra.air(imsi(10), plmn=b"\x00\xf1\x20", origin="mme9.second.example",
                  realm="second.example").result, ("base", 2001))
    equal(dra.air(imsi(10), plmn=b"\x00\xf1\x10", origin="mme9.second.example",
                  realm="second.example").result, ("s6a", 5004))
    dra.close()


def serves_its_aliases_and_is_no_relay():
    c = hss.client()
    equal(c.air(imsi(10), dest_host=HSS).result, ("base", 2001))
    equal(c.air(imsi(10), dest_host="alias." + HOME_REALM).result, ("base", 2001))
    equal(c.air(imsi(10), dest_realm="second." + HOME_REALM).result, ("base", 2001))
    other = hss.client("mme2")
    m = c.air(imsi(10), dest_host=other.host)
    equal((m.result, m.flags & 0x20), (("base", 3002), 0x20))
    m = c.air(imsi(10), dest_realm=other.realm, dest_host=other.host)
    equal((m.result, m.flags & 0x20), (("base", 3003), 0x20))
    equal(other.read(0.3), None)
    c.close()
    other.close()


def keeps_proxy_infos_in_answers():
    c = hss.client()
    m = c.air(imsi(10), extra=[avp(284, [avp(280, "dra.ipx.example"), avp(33, b"x" * 9)])])
    equal(m.find(284, 33).value, b"x" * 9)
    c.close()


def reaches_an_mme_behind_agents_of_another_realm():
    one, two = hss.client("dra1", realm="ipx.example"), hss.client("dra2", realm="ipx.example")
    behind = dict(origin="mme7.second.example", realm="second.example", plmn=b"\x00\xf1\x20")
    direct = hss.client("mme1")
    one.ulr(imsi(17), **behind)
    direct.ulr(imsi(17))
    m = one.request_of_hss(CLR)
    equal((m.find(293).text, m.find(283).text), ("mme7.second.example", "second.example"))
    equal(two.request_of_hss(CLR, 0.2), None)
    # The first agent is gone: by the second.
    one.ulr(imsi(17), **behind)
    direct.request_of_hss(CLR)
    one.close()
    direct.ulr(imsi(17))
    equal(two.request_of_hss(CLR).find(293).text, "mme7.second.example")
    direct.close()
    two.close()


def cancel_of(c, i, timeout=None):
    """The next CLR for this SIM; what other cases have left in the queue is answered."""
    while (m := c.request_of_hss(CLR, timeout)).find(1).text != i:
        c.answer(m)
    return m


def repeats_its_own_requests_until_they_are_answered():
    a, b = hss.client("mme1"), hss.client("mme2")
    a.auto_answer = False
    a.ulr(imsi(18))
    b.ulr(imsi(18))
    first = cancel_of(a, imsi(18))
    assert "CLR" in hss.cli("show queue"), hss.cli("show queue")
    again = cancel_of(a, imsi(18), 6)
    assert again.e2e != first.e2e
    a.answer(again, [avp(268, 3004)])
    a.answer(cancel_of(a, imsi(18), 6))
    wait_for("an empty queue", lambda: imsi(18) not in hss.cli("show queue"))
    a.close()
    b.close()


def delivers_what_was_queued_before_a_kill():
    a, b = hss.client("mme1"), hss.client("mme2")
    a.auto_answer = False
    a.ulr(imsi(19))
    b.ulr(imsi(19))
    a.request_of_hss(CLR)
    hss.kill()
    a.close()
    b.close()
    hss.start()
    a = hss.client("mme1", timeout=60)
    # The request was claimed by the process that was killed: it's due again when that claim ends.
    while a.request_of_hss(CLR, 45).find(1).text != imsi(19):
        pass
    a.close()


def tells_nodes_and_skips_sqns_after_an_older_copy_was_put_back():
    """The database of a while ago: what was registered may be wrong, what was used must not come again."""
    c = hss.client("mme1")
    equal(c.ulr(imsi(20)).result, ("base", 2001))
    c.close()
    hss.stop()
    shutil.copy(hss.dir + "/hss.db", hss.dir + "/backup.db")
    hss.start()
    before = seq_of(imsi(20))
    c = hss.client("mme1")
    for _ in range(20):
        equal(c.air(imsi(20), n=5).result, ("base", 2001))
    equal(c.request_of_hss(RSR, 0.3), None)
    c.close()
    hss.kill()
    for end in ("-wal", "-shm"):
        if os.path.exists(hss.dir + "/hss.db" + end):
            os.unlink(hss.dir + "/hss.db" + end)
    shutil.copy(hss.dir + "/backup.db", hss.dir + "/hss.db")
    hss.start()
    c = hss.client("mme1")
    # That of another node may come this way, too, as long as the node itself isn't there.
    while (m := c.request_of_hss(RSR, 10)).find(293).text != c.host:
        pass
    equal(m.find(1), None)
    assert seq_of(imsi(20)) > before + 100, (before, seq_of(imsi(20)))
    wait_for("its end", lambda: not any("RSR" in line and c.host in line
                                        for line in hss.cli("show queue").splitlines()))
    c.close()


def seq_of(i):
    return int(next(line.split()[1].strip(",") for line in hss.cli("show sim " + i).splitlines()
                    if line.strip().startswith("SEQ")))


def refuses_to_start_with_another_key_file():
    key = hss.dir + "/hss.key"
    hss.stop()
    os.rename(key, key + ".right")
    subprocess.run([_hss.BUILD + "/hss/torii-hss", "--new-key", key], check=True)
    done = subprocess.run([_hss.BUILD + "/hss/torii-hss", "-c", hss.dir + "/hss.cfg"], capture_output=True, text=True)
    assert done.returncode != 0 and "not the one that the keys in the store" in done.stderr + done.stdout, done
    os.rename(key + ".right", key)
    hss.start()
    c = hss.client("mme1")
    equal(c.air(imsi(1)).result, ("base", 2001))
    c.close()


def shows_counters_peers_and_metrics():
    c = hss.client()
    c.air("999709999999999")
    text = hss.cli("show counters")
    assert "AIR" in text and "5001" in text and "user unknown" in text, text
    assert c.host in hss.cli("show peers")
    import urllib.request
    page = urllib.request.urlopen("http://127.0.0.1:%d/metrics" % hss.metrics_port).read().decode()
    assert 'torii_hss_requests_total{command="AIR",avp="Experimental-Result",code="5001"' in page
    c.close()


def from_an_empty_queue(case):
    """The case; what others have left in the queue is forgotten before it."""
    @functools.wraps(case)
    def run():
        for number in re.findall(r"^ *(\d+) ", hss.cli("show queue"), re.M):
            hss.cli("queue delete " + number)
        case()
    return run


_hss.run([from_an_empty_queue(case) for case in (
    gives_one_to_five_vectors_with_item_numbers, gives_utran_vectors_beside_them_if_asked,
    refuses_a_forged_resynchronisation, sends_the_whole_subscription,
    refuses_each_kind_of_sim_with_its_own_result, compares_fourteen_digits_of_a_locked_imei,
    learns_the_first_imei, sends_a_wrong_device_away_when_notify_shows_it,
    cancels_at_the_mme_before_and_at_no_other_time, does_not_cancel_twice_for_a_repeated_update,
    skips_the_subscription_for_the_same_mme_only, agrees_on_what_both_support,
    purges_for_the_registered_mme_only, remembers_the_gateway_that_notify_tells,
    binds_networks_and_realms_to_peers, serves_its_aliases_and_is_no_relay,
    keeps_proxy_infos_in_answers, reaches_an_mme_behind_agents_of_another_realm,
    repeats_its_own_requests_until_they_are_answered, delivers_what_was_queued_before_a_kill,
    tells_nodes_and_skips_sqns_after_an_older_copy_was_put_back, refuses_to_start_with_another_key_file,
    shows_counters_peers_and_metrics,
)])
