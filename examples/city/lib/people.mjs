// Names for the people of the city.

const kFamily = ['Wang', 'Li', 'Zhang', 'Liu', 'Chen', 'Yang', 'Zhao', 'Huang', 'Zhou', 'Wu', 'Xu',
  'Sun', 'Hu', 'Zhu', 'Gao', 'Lin', 'He', 'Guo', 'Ma', 'Luo', 'Song', 'Tang', 'Shen', 'Cao', 'Pan'];
const kGiven = ['Wei', 'Fang', 'Na', 'Min', 'Jing', 'Lei', 'Qiang', 'Yan', 'Jie', 'Juan', 'Tao',
  'Ming', 'Chao', 'Xia', 'Ping', 'Gang', 'Hui', 'Yun', 'Bo', 'Xin', 'Rui', 'Mei', 'Lan', 'Hong'];

export const familyName = (draw) => draw.pick(kFamily);
export const fullName = (draw) => `${draw.pick(kGiven)} ${draw.pick(kFamily)}`;
