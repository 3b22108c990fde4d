"""Writes src/kehu/base/common/data/pinyin.txt: the readings that sort keys and search need, without tones.

Source: the dictionaries of the package pypinyin (MIT; characters from pinyin-data, phrases from phrase-pinyin-data,
both MIT), plus the short lists below for names of people, places and shops. Run it after raising pypinyin.
A phrase is kept only where reading its characters one by one would give something else.
"""

import argparse
import sys
import unicodedata
from importlib.metadata import version
from pathlib import Path

from pypinyin.constants import PHRASES_DICT, PINYIN_DICT

TARGET = Path(__file__).parents[2] / "src" / "kehu" / "base" / "common" / "data" / "pinyin.txt"
LONGEST_PHRASE = 7

# Reading of a character when it stands alone, where the dictionary's first one is not today's usual one.
USUAL = """
    亳 bo|堡 bao|翟 zhai|覃 qin|缪 miao|隗 wei|郗 xi|咖 ka|啡 fei|茜 qian|晟 sheng|鑫 xin|都 du|呢 ni|
    呼 hu|尉 wei|俞 yu|曾 zeng|仇 qiu|朴 pu|卡 ka|骑 qi|薄 bo|柏 bai|秘 mi|厦 sha|车 che|大 da|盛 sheng|
    嘉 jia|隆 long|泰 tai|旺 wang|邦 bang|宝 bao|合 he|和 he|贾 jia|解 jie|乐 le|行 xing|长 chang|重 zhong|
    藏 cang|佛 fo|会 hui|朝 chao|传 chuan|调 tiao|华 hua|单 dan|查 cha|区 qu|任 ren|叶 ye|校 xiao|弹 dan|
    石 shi|地 di|得 de|还 huan|给 gei|参 can|省 sheng|率 lv|着 zhe|什 shi|圩 wei|屯 tun|莘 xin|泷 long|荥 xing
"""

# Surnames that are read otherwise than the same character elsewhere.
SURNAMES = """
    曾 zeng|单 shan|仇 qiu|解 xie|区 ou|查 zha|任 ren|华 hua|盖 ge|乐 yue|翟 zhai|缪 miao|尉 wei|覃 qin|朴 piao|
    员 yun|折 she|黑 he|秘 bi|冼 xian|种 chong|逄 pang|繁 po|教 jiao|召 shao|祭 zhai|洗 xian|晁 chao|谌 chen|
    隗 wei|郗 xi|能 nai|哈 ha|宓 mi|訾 zi|佴 nai|适 kuo|贲 ben|令 ling|车 che|柏 bai|薄 bo|石 shi|沈 shen|
    盛 sheng|重 chong|阚 kan|句 gou|过 guo|纪 ji|俞 yu|宁 ning|应 ying|燕 yan|相 xiang|那 na|召 shao|
    臧 zang|藏 zang|卜 bu|尹 yin|鲍 bao|付 fu|占 zhan|长 chang|贾 jia|舍 she|观 guan|撒 sa|莘 shen|隽 juan
"""
COMPOUND_SURNAMES = """
    尉迟 yu chi|万俟 mo qi|单于 chan yu|长孙 zhang sun|澹台 tan tai|令狐 ling hu|皇甫 huang fu|宇文 yu wen|
    呼延 hu yan|夏侯 xia hou|诸葛 zhu ge|欧阳 ou yang|慕容 mu rong|闻人 wen ren|乐正 yue zheng|宰父 zai fu|
    亓官 qi guan|鲜于 xian yu|濮阳 pu yang|淳于 chun yu|申屠 shen tu|公孙 gong sun|轩辕 xuan yuan|赫连 he lian
"""

# Other readings under which people look for a character anywhere in a name.
ALSO = """
    行 hang|长 zhang|重 chong|乐 yue|曾 ceng zeng|单 shan|仇 chou|解 xie|区 ou|查 zha|盖 ge|翟 di|缪 mou|覃 tan|
    朴 piao|藏 zang|朝 zhao|传 zhuan|调 diao|会 kuai|厦 xia|车 ju|堡 pu|盛 cheng|柏 bo|薄 bao|尉 yu|员 yun|
    茜 xi|晟 cheng|都 dou|卡 qia|校 jiao|佛 fu|弹 tan|叶 xie|沈 chen|石 dan|参 shen|省 xing|圩 xu|莘 shen|
    绿 lu|和 huo|宁 nin|贾 gu|秘 bi|泊 po|炮 pao|角 jue|咖 ga|落 lao|露 lou|熟 shou|血 xie|壳 qiao|蔓 wan|
    量 liang|说 shui|宿 xiu|雀 qiao|嚼 jue|颤 zhan|轧 ya|幢 zhuang|繁 po|折 she|种 chong|黑 he|六 lu|阿 e|
    呼 hu|洞 tong|铅 yan|蔚 yu|番 pan|蚌 beng|荥 ying|牟 mu|浒 xu|什 shen|拓 ta|畜 xu|巷 hang|扎 za|粘 nian|
    俞 shu|隗 kui|郗 chi|訾 zi|燕 yan|句 gou|令 ling|冯 ping|折 zhe|鲜 xian|勒 lei|模 mu|吓 he|凯 kai|尺 che
"""

# Words of shops, places and goods that the phrase dictionary lacks or reads otherwise.
PHRASES = """
    商行 shang hang|车行 che hang|琴行 qin hang|花行 hua hang|药行 yao hang|米行 mi hang|布行 bu hang|粮行 liang hang|
    茶行 cha hang|鞋行 xie hang|表行 biao hang|洋行 yang hang|支行 zhi hang|分行 fen hang|总行 zong hang|央行 yang hang|
    农行 nong hang|工行 gong hang|建行 jian hang|招行 zhao hang|交行 jiao hang|中行 zhong hang|银行 yin hang|
    拍卖行 pai mai hang|金行 jin hang|珠宝行 zhu bao hang|五金行 wu jin hang|渔具行 yu ju hang|电器行 dian qi hang|
    家具行 jia ju hang|家私行 jia si hang|服装行 fu zhuang hang|建材行 jian cai hang|贸易行 mao yi hang|
    经营行 jing ying hang|轮胎行 lun tai hang|酒行 jiu hang|水果行 shui guo hang|同行 tong hang|行业 hang ye|
    行情 hang qing|行家 hang jia|行长 hang zhang|行货 hang huo|外贸行 wai mao hang|批发行 pi fa hang|
    重庆 chong qing|长沙 chang sha|厦门 xia men|六安 lu an|六合 lu he|蚌埠 beng bu|番禺 pan yu|东阿 dong e|
    洪洞 hong tong|乐清 yue qing|乐亭 lao ting|大埔 da bu|黄埔 huang pu|单县 shan xian|莘县 shen xian|莘庄 xin zhuang|
    铅山 yan shan|尉氏 wei shi|尉犁 yu li|浚县 xun xian|解州 hai zhou|枞阳 zong yang|泌阳 bi yang|荥阳 xing yang|
    荥经 ying jing|渑池 mian chi|牟平 mu ping|中牟 zhong mu|繁峙 fan shi|都匀 du yun|会稽 kuai ji|费县 fei xian|
    蔚县 yu xian|吴堡 wu bu|柴沟堡 chai gou bu|什邡 shi fang|筠连 jun lian|犍为 qian wei|浒墅关 xu shu guan|
    曲阜 qu fu|朝阳 chao yang|西藏 xi zang|佛山 fo shan|长乐 chang le|长治 chang zhi|台州 tai zhou|丽水 li shui|
    天台 tian tai|东莞 dong guan|郫县 pi xian|涡阳 guo yang|歙县 she xian|冠县 guan xian|长子县 zhang zi xian|
    大城县 dai cheng xian|井陉 jing xing|获鹿 huo lu|阜阳 fu yang|阜新 fu xin|巴音郭楞 ba yin guo leng|勐腊 meng la|
    盱眙 xu yi|邳州 pi zhou|溧阳 li yang|睢宁 sui ning|鄄城 juan cheng|郓城 yun cheng|莒县 ju xian|临朐 lin qu|
    珲春 hun chun|桦甸 hua dian|磐石 pan shi|扶余 fu yu|宕昌 tan chang|洱源 er yuan|漾濞 yang bi|儋州 dan zhou|
    隆尧 long yao|任丘 ren qiu|任县 ren xian|任城 ren cheng|任泽 ren ze|长垣 chang yuan|重型 zhong xing|重工 zhong gong|
    乐器 yue qi|音乐 yin yue|声乐 sheng yue|乐团 yue tuan|乐队 yue dui|器乐 qi yue|民乐 min yue|会计 kuai ji|
    率先 shuai xian|效率 xiao lv|频率 pin lv|的士 di shi|目的 mu di|调料 tiao liao|调味 tiao wei|调研 diao yan|
    调查 diao cha|调度 diao du|传奇 chuan qi|自传 zi zhuan|参茸 shen rong|人参 ren shen|海参 hai shen|
    参业 shen ye|丹参 dan shen|党参 dang shen|高丽参 gao li shen|西洋参 xi yang shen|家长 jia zhang|成长 cheng zhang|
    生长 sheng zhang|校长 xiao zhang|店长 dian zhang|院长 yuan zhang|厂长 chang zhang|部长 bu zhang|处长 chu zhang|
    科长 ke zhang|局长 ju zhang|董事长 dong shi zhang|所长 suo zhang|队长 dui zhang|组长 zu zhang|会长 hui zhang|
    省心 sheng xin|便宜 pian yi|奇数 ji shu|宝藏 bao zang|藏药 zang yao|藏族 zang zu|藏红花 zang hong hua|
    藏獒 zang ao|唐古拉 tang gu la|车马 ju ma|倒车 dao che|校准 jiao zhun|校对 jiao dui|弹簧 tan huang|弹力 tan li|
    弹性 tan xing|石油 shi you|担石 dan dan|还是 hai shi|卡子 qia zi|关卡 guan qia|发卡 fa qia|咖喱 ga li|
    大夫 dai fu|得到 de dao|觉得 jue de|睡觉 shui jiao|感觉 gan jue|模具 mu ju|模板 mu ban|模样 mu yang|
    畜牧 xu mu|畜禽 chu qin|巷道 hang dao|拓片 ta pian|血液 xue ye|贝壳 bei ke|地壳 di qiao|角色 jue se|
    应用 ying yong|供应 gong ying|恰似 qia si|似的 shi de|柏林 bo lin|叶韵 xie yun|薄荷 bo he|薄饼 bao bing|
    尉官 wei guan|华山 hua shan|呼和浩特 hu he hao te|阿胶 e jiao|阿里 a li|阿迪 a di|阿坝 a ba|阿拉善 a la shan|
    阿克苏 a ke su|阿勒泰 a le tai|解放 jie fang|区域 qu yu|查询 cha xun|单位 dan wei|任务 ren wu|盖章 gai zhang|
    朴素 pu su|种子 zhong zi|种业 zhong ye|种植 zhong zhi|种养 zhong yang|种苗 zhong miao|折扣 zhe kou|折叠 zhe die|
    黑龙江 hei long jiang|黑色 hei se|黑马 hei ma|员工 yuan gong|石家庄 shi jia zhuang|重点 zhong dian|重要 zhong yao|
    繁荣 fan rong|繁华 fan hua|能源 neng yuan|能量 neng liang|教育 jiao yu|过滤 guo lv|秘书 mi shu|适合 shi he|
    乐园 le yuan|乐购 le gou|乐高 le gao|乐视 le shi|乐活 le huo|乐居 le ju|乐享 le xiang|乐扣 le kou|乐凯 le kai|
    长城 chang cheng|长江 chang jiang|长春 chang chun|长安 chang an|长虹 chang hong|长兴 chang xing|重阳 chong yang|
    单晶 dan jing|单品 dan pin|区块链 qu kuai lian|查特 cha te|盖亚 gai ya|盖特 gai te|柏悦 bo yue
"""


def plain(reading: str) -> str:
    """Return a reading without its tone, ü as v."""
    letters = unicodedata.normalize("NFD", reading)
    marked = letters.replace("u\u0308", "v")
    return "".join(letter for letter in marked if not unicodedata.combining(letter))


def entries(block: str) -> list[tuple[str, list[str]]]:
    """Return the (text, readings) pairs of one of the lists above."""
    pairs = [entry.split(maxsplit=1) for entry in " ".join(block.split()).split("|") if entry.strip()]
    return [(text, readings.split()) for text, readings in pairs]


def build() -> str:
    """Return the contents of the data file."""
    usual = {char: readings[0] for char, readings in entries(USUAL)}
    chars: dict[str, str] = {}
    for code, readings in sorted(PINYIN_DICT.items()):
        char = chr(code)
        if unicodedata.normalize("NFC", char) == char:
            chars[char] = usual.get(char) or plain(readings.split(",")[0])
    by_syllable: dict[str, list[str]] = {}
    for char, syllable in chars.items():
        by_syllable.setdefault(syllable, []).append(char)

    surnames = {char: readings[0] for char, readings in entries(SURNAMES) if chars[char] != readings[0]}
    own = dict(entries(PHRASES))
    phrases: dict[str, list[str]] = {}
    for text, marked in PHRASES_DICT.items():
        readings = own.get(text) or [plain(each[0]) for each in marked]
        if 2 <= len(text) == len(readings) <= LONGEST_PHRASE and all(char in chars for char in text):
            phrases[text] = readings
    phrases.update(own)
    kept = {
        text: readings
        for text, readings in sorted(phrases.items())
        if any(chars[char] != reading for char, reading in zip(text, readings, strict=True))
        or surnames.get(text[0], readings[0]) != readings[0]  # keeps 解放 from being read as a person's name
    }

    also: dict[str, list[str]] = {}
    for char, readings in [*entries(ALSO), *((char, [reading]) for char, reading in surnames.items())]:
        others = also.setdefault(char, [])
        others.extend(each for each in readings if each != chars[char] and each not in others)

    lines = [
        f"# Made by tools/data/make_pinyin.py from pypinyin {version('pypinyin')} (MIT); see SOURCES.md. Do not edit.",
        "[chars]",
        *(f"{syllable} {''.join(members)}" for syllable, members in sorted(by_syllable.items())),
        "[also]",
        *(f"{char} {' '.join(readings)}" for char, readings in sorted(also.items()) if readings),
        "[surnames]",
        *(f"{char} {reading}" for char, reading in sorted(surnames.items())),
        *(f"{text} {' '.join(readings)}" for text, readings in sorted(entries(COMPOUND_SURNAMES))),
        "[phrases]",
        *(f"{text} {' '.join(readings)}" for text, readings in kept.items()),
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Write the file, or with --check say whether it is up to date."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="do not write, exit 1 when the file is stale")
    if parser.parse_args().check:
        return int(TARGET.read_text(encoding="utf-8") != build())
    TARGET.write_text(build(), encoding="utf-8", newline="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
