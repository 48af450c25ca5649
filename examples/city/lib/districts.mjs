// The districts of Shanghai, and how people write them.

/** @type {{name: string, chinese: string, also: string[]}[]} */
export const districts = [
  { name: "Jing'an", chinese: '静安', also: ['jingan', 'jing an', 'nanjing west road'] },
  { name: 'Huangpu', chinese: '黄浦', also: ['the bund', 'xintiandi', "people's square"] },
  { name: 'Xuhui', chinese: '徐汇', also: ['xujiahui', 'french concession'] },
  { name: 'Changning', chinese: '长宁', also: ['hongqiao road', 'zhongshan park'] },
  { name: 'Putuo', chinese: '普陀', also: ['changshou road'] },
  { name: 'Hongkou', chinese: '虹口', also: ['north bund', 'lu xun park'] },
  { name: 'Yangpu', chinese: '杨浦', also: ['wujiaochang'] },
  { name: 'Pudong', chinese: '浦东', also: ['lujiazui', 'zhangjiang', 'century park'] },
  { name: 'Minhang', chinese: '闵行', also: ['qibao', 'xinzhuang'] },
  { name: 'Baoshan', chinese: '宝山', also: ['gucun'] },
  { name: 'Jiading', chinese: '嘉定', also: ['nanxiang', 'anting'] },
  { name: 'Songjiang', chinese: '松江', also: ['sheshan'] },
  { name: 'Qingpu', chinese: '青浦', also: ['zhujiajiao'] },
  { name: 'Fengxian', chinese: '奉贤', also: [] },
  { name: 'Jinshan', chinese: '金山', also: [] },
  { name: 'Chongming', chinese: '崇明', also: [] },
];

export const districtNames = districts.map((d) => d.name);

const plain = (text) => String(text).toLowerCase().replace(/[’`]/g, "'");

/**
 * The first district a text names, by its English or Chinese name or a well-known place in it.
 * @returns {string|undefined} the district's English name
 */
export function findDistrict(text) {
  const at = (d) => positions(text, d);
  const found = districts.map((d) => [at(d), d.name]).filter(([p]) => p >= 0);
  found.sort((a, b) => a[0] - b[0]);
  return found[0]?.[1];
}

function positions(text, district) {
  const low = plain(text);
  const hits = [plain(district.name), ...district.also]
    .map((word) => low.search(new RegExp(`(?<![a-z])${word}(?![a-z])`)))
    .concat(low.indexOf(district.chinese))
    .filter((p) => p >= 0);
  return hits.length ? Math.min(...hits) : -1;
}
