"""What the demo's sources report: events on a timetable, the same for the same seed."""

import random

COMMUNITIES = ("620802001001", "620802001002")  # 解放中路社区, 解放北路社区 of 东关街道
NOWHERE = None

# (share, source, type, text, more): what is reported, in what proportion, and by whom.
ROUTINE = (
    (16, "snap-app", "2.01.10", "路边有一堆生活垃圾", {}),
    (12, "grid-worker", "2.01.12", "路面有积泥", {}),
    (10, "camera-1", "2.04.06", "占道经营", {"source_ref": "cam-{n}"}),
    (8, "camera-1", "2.04.10", "非机动车乱停放", {"source_ref": "cam-{n}"}),
    (8, "hotline-12345", "1.01.37", "路灯不亮", {"nature": "complaint"}),
    (7, "sensor-iot", "1.01.01.1", "井盖位移", {"source_ref": "sensor-{n}"}),
    (6, "grid-worker", "1.02.17", "护栏倒了", {}),
    (6, "hotline-12345", "4.05", "公交站牌倾斜", {"nature": "complaint"}),
    (5, "hotline-12345", "4.06", "超市缺斤短两", {"nature": "complaint"}),
    (5, "sensor-iot", "1.01.11.1", "燃气井盖开裂", {"source_ref": "sensor-{n}"}),
    (4, "snap-app", "2.03.01", "工地夜间施工", {"nature": "complaint"}),
    (3, "hotline-12345", "2.02.01", "举报某单位张贴小广告", {"nature": "report"}),  # the rule for reports: to the desk
)
URGENT = (
    (5, "panic-button", "3.08", "一键求助", {"panic": True, "source_ref": "button-{n}"}),
    (5, "camera-1", "3.01.02", "消防通道被占用", {"source_ref": "cam-{n}"}),
    (3, "hotline-12345", "3.04.01", "老人走失", {"nature": "help"}),
    (2, "sensor-iot", "3.02.01", "燃气浓度超限", {"source_ref": "sensor-{n}"}),
)
SHARE_WITHOUT_PLACE = 0.06
SHARE_REPEATED = 0.05
SHARE_CONFLICTING = 0.01


def drawn(dice, kinds):
    return dice.choices(kinds, weights=[kind[0] for kind in kinds])[0]


def event(dice, number):
    _, source, type, text, more = drawn(dice, URGENT if dice.random() < 0.15 else ROUTINE)
    made = {"id": f"{source}-{number}", "type": type, "text": text}
    for key, value in more.items():
        made[key] = value.format(n=dice.randint(1, 40)) if isinstance(value, str) else value
    if dice.random() >= SHARE_WITHOUT_PLACE:
        made["area"] = dice.choice(COMMUNITIES) + f"{dice.randint(1, 5):03}"  # a grid
    return source, made


def timetable(seed, count, seconds):
    """(second, source, event) in order of time: mostly new events, some repeats of earlier ones (a source that did not
    hear its receipt), a few that use an earlier id for something else (a broken source)."""
    dice = random.Random(seed)
    times = sorted(dice.uniform(0, seconds) for _ in range(count))
    sent = []
    for number, second in enumerate(times):
        chance = dice.random()
        if sent and chance < SHARE_REPEATED:
            source, made = dice.choice(sent)
        elif sent and chance < SHARE_REPEATED + SHARE_CONFLICTING:
            source, made = dice.choice(sent)
            made = dict(made, text=made["text"] + "（改）")
        else:
            source, made = event(dice, number)
            sent.append((source, made))
        yield second, source, made


TOLD = ("hotline-12345", "snap-app")  # those that have `notices: true`
SOURCES = sorted({kind[1] for kind in ROUTINE + URGENT})
