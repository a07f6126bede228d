"""Normalising characters for the address parser: wide to narrow, traditional to simplified, keeping positions."""

# Traditional characters of names of places, streets and houses; below each, in the same order, what stands for it today.
_TRADITIONAL = (
    "亞佈來侖係倉個們倫偉傢僕儀兒兗內兩冊凈凱別則剋剛創劄劉劍務勝勢勸勻匯區卽厤叢吳呂員啓啟單噹嚮嚴囌國圍園圖團垻堅堯場塗墊墰墾壇壘壜壢壩壯壺壽夢夾婁孫學宮實寧審寬寶"
    "將尋層岡峯島峽崍崑崗崙嵐嶗嶧嶺嶼嶽巖師幹庫廂廈廕廟廠廣廬張強彆彌彙彥彿後從復徵恆愛慄慶憑應懞懷戶揚撫敘於旂晉暉曆曏會朮東枴柺査棗棟棲楊業極榦榮樂樅樑樓樸樹樺橋機"
    "橫檔檯權欒欖欽歷歸沖涇涼淥淨淩淶渦渾湞湧湯準溝溫溮滄滎滙滿漢漣漵潁潛潤潯澗澠澤澱濃濛濟濬濰濱瀋瀏瀘瀨瀰瀾灘灣灤為烏無煙煩燈營爐爲爾猶獅獨獲獻現琿瑤瑪瑯環瓊甌甕產"
    "産畢當疇疊發監盤盧眞矇硤硯碩碭確碼礄礦祿禪禮稜稱穀積穫窪竈競箇箚節範簡籐糰紅納紮細紹結給絳綏經綜綠維綵綿緑編縉縣總績織繫罈罎羅義習聖聞聯聶肅脩脫膠臘臥臨臺興舊舖"
    "舘荊荳莊菓華菴菸萊萬葉蒼蓋蓮蔣蔭蕪蕭薊薌薑薩藍藴藺蘄蘆蘇蘊蘭蘿號術衕衚衛衝袷裏裝裡複覺觀託訥許詔話詳誌誼調諸諾謀謙謝謨譙譚譜讓讚谿豐貝貞貢貨貴費貿賀資賈賓賚賢賴"
    "賽贊贛趙車軍載輝輪輿轉農迴連週進遊運達遙遜遠遷遼邁邊郟郵鄆鄉鄒鄖鄧鄭鄰鄲鄴鈡鉅鉆鉛銀銅鋒鋪鋼錢錦錫錯鍾鎣鎭鎮鏡鐘鐵鑲鑼鑽長門開間閔閣閤閩閬閻闆關陘陝陰陳陸陽際隨"
    "隴雙雜雞離雲電霑霧靈靜鞏韆韋韓響頂項順頗頭額類風颱餘館饒馬馮駐騰驊驗驛體髮鬆鬍鬥鬱魚魯鮁鮮鯉鰂鳥鳩鳳鳴鴨鶯鶴鷄鷹鹹鹼鹽麗麥麯麴黃點黨鼕齊龍龔龜"
)
_SIMPLIFIED = (
    "亚布来仑系仓个们伦伟家仆仪儿兖内两册净凯别则克刚创札刘剑务胜势劝匀汇区即历丛吴吕员启启单当向严苏国围园图团坝坚尧场涂垫坛垦坛垒坛坜坝壮壶寿梦夹娄孙学宫实宁审宽宝"
    "将寻层冈峰岛峡崃昆岗仑岚崂峄岭屿岳岩师干库厢厦荫庙厂广庐张强别弥汇彦佛后从复征恒爱栗庆凭应蒙怀户扬抚叙于旗晋晖历向会术东拐拐查枣栋栖杨业极干荣乐枞梁楼朴树桦桥机"
    "横档台权栾榄钦历归冲泾凉渌净凌涞涡浑浈涌汤准沟温浉沧荥汇满汉涟溆颍潜润浔涧渑泽淀浓蒙济浚潍滨沈浏泸濑弥澜滩湾滦为乌无烟烦灯营炉为尔犹狮独获献现珲瑶玛琅环琼瓯瓮产"
    "产毕当畴叠发监盘卢真蒙硖砚硕砀确码硚矿禄禅礼棱称谷积获洼灶竞个札节范简藤团红纳扎细绍结给绛绥经综绿维彩绵绿编缙县总绩织系坛坛罗义习圣闻联聂肃修脱胶腊卧临台兴旧铺"
    "馆荆豆庄果华庵烟莱万叶苍盖莲蒋荫芜萧蓟芗姜萨蓝蕴蔺蕲芦苏蕴兰萝号术同胡卫冲夹里装里复觉观托讷许诏话详志谊调诸诺谋谦谢谟谯谭谱让赞溪丰贝贞贡货贵费贸贺资贾宾赉贤赖"
    "赛赞赣赵车军载辉轮舆转农回连周进游运达遥逊远迁辽迈边郏邮郓乡邹郧邓郑邻郸邺钟巨钻铅银铜锋铺钢钱锦锡错钟蓥镇镇镜钟铁镶锣钻长门开间闵阁合闽阆阎板关陉陕阴陈陆阳际随"
    "陇双杂鸡离云电沾雾灵静巩千韦韩响顶项顺颇头额类风台余馆饶马冯驻腾骅验驿体发松胡斗郁鱼鲁鲅鲜鲤鲗鸟鸠凤鸣鸭莺鹤鸡鹰咸碱盐丽麦曲曲黄点党冬齐龙龚龟"
)
_WIDE = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)} | {ord("\u3000"): " ", ord("\xa0"): " "}
# Punctuation that Chinese writes wide says the same in both forms; only digits, letters and signs within numbers matter.
_NARROW = {wide: narrow for wide, narrow in _WIDE.items() if chr(wide) not in "，；：？！"}
_PLAIN = str.maketrans(_TRADITIONAL, _SIMPLIFIED)


def to_half_width(text: str) -> str:
    """The text with digits, letters and brackets of ordinary width; every character stays where it is."""
    return text.translate(_NARROW)


def to_simplified(text: str) -> str:
    """The text in simplified characters, as far as places are written with them; every character stays where it is."""
    return text.translate(_PLAIN)
