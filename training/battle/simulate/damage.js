'use strict';
// What a move is expected to do to its target, in closed form: the simulator's own damage formula without its
// roundings, and with the mean in place of each chance (2 % off in the median, up to 30 % below 10 points).
//
//   damage = (22 * power * attack / defense / 50 + 2)      22 = 2 * level 50 / 5 + 2
//            * 0.925                                       mean of the sixteen rolls 0.85, 0.86 ... 1
//            * (1 + critical chance / 2)                   a critical hit does 1.5; chances 1/24, 1/8, 1/2, 1
//            * 1.5 if the user has the move's type         same-type bonus
//            * type multiplier                             product over the target's types
//            * mean hits                                   3 for moves that hit 2 to 5 times
//            * 0.5 if the user is burned                   physical moves, but not `double_when_statused`
//            * 0.5 if a screen stands                      Reflect: physical, Light Screen: special moves;
//                                                          but not against `break_screens`
//
// attack and defense are those of the move's category at their current stages; `target_attack` takes the
// target's attack. Power: `target_weight` goes by weight, `double_when_statused` doubles while the user is
// burned, poisoned or paralysed. Fixed damage is taken as said (random_level: 50, its mean; half_current_hp: half of what
// is left) and a one-hit knock-out takes everything; both do nothing to an immune type. Answers to damage taken
// (`twice_...`) are 0 here, and so is a move whose condition (first turn, sleeping target) isn't met.
// Accuracy is not part of it.

const { dex, LEVEL } = require('./rules');

const MEAN_ROLL = 0.925;
const MEAN_HITS_OF_RANGE = 3;
const SAME_TYPE_BONUS = 1.5;
const CRITICAL_CHANCES = [1 / 24, 1 / 8, 1 / 2, 1, 1];
const FOCUS_ENERGY_STAGES = 2;
const HALF = 0.5;
// Least weight in hectograms, and the power of a `target_weight` move from there.
const WEIGHT_POWERS = [
  [2000, 120],
  [1000, 100],
  [500, 80],
  [250, 60],
  [100, 40],
  [0, 20],
];
const SCREENS = { physical: 'reflect', special: 'lightscreen' };

/** Multiplier of a stat at a stage from -6 to 6. */
function stageMultiplier(stage) {
  return stage >= 0 ? (2 + stage) / 2 : 2 / (2 - stage);
}

function stat(pokemon, name) {
  return pokemon.storedStats[name] * stageMultiplier(pokemon.boosts[name]);
}

// Every type against every type, worked out once, because battles ask millions of times.
const MULTIPLIERS = Object.fromEntries(
  dex.types
    .names()
    .map((attack) => [
      attack,
      Object.fromEntries(dex.types.names().map((defend) => [defend, multiplier(attack, defend)])),
    ]),
);

function multiplier(attack, defend) {
  return dex.getImmunity(attack, [defend]) ? 2 ** dex.getEffectiveness(attack, [defend]) : 0;
}

/** Product of a type's multipliers against all types of a Pokémon. */
function typeMultiplier(type, target) {
  const against = MULTIPLIERS[type];
  return target.types.reduce((product, own) => product * against[own], 1);
}

function power(move, user, target) {
  if (move.power_rule === 'target_weight') {
    const weight = target.getWeight();
    return WEIGHT_POWERS.find(([least]) => weight >= least)[1];
  }
  const doubled = move.power_rule === 'double_when_statused' && user.status && user.status !== 'slp';
  return doubled ? 2 * move.power : move.power;
}

function fixedDamage(move, target) {
  switch (move.fixed_damage) {
    case 'level':
    case 'random_level':
      return LEVEL;
    case 'half_current_hp':
      return target.hp * HALF;
    default:
      return Number(move.fixed_damage) || 0;
  }
}

function conditionMet(move, user, target) {
  if (move.condition === 'first_turn') return user.activeMoveActions === 0;
  if (move.condition === 'target_asleep') return target.status === 'slp';
  return true;
}

function criticalFactor(move, user) {
  const stage = move.critical_stage + (user.volatiles.focusenergy ? FOCUS_ENERGY_STAGES : 0);
  return 1 + CRITICAL_CHANCES[stage] / 2;
}

function hindrance(move, user, target) {
  const physical = move.category === 'physical';
  const burned = physical && user.status === 'brn' && move.power_rule !== 'double_when_statused';
  const screened = target.side.sideConditions[SCREENS[move.category]] && move.effect !== 'break_screens';
  return (burned ? HALF : 1) * (screened ? HALF : 1);
}

function formula(move, user, target) {
  const [attackName, defenseName] = move.category === 'physical' ? ['atk', 'def'] : ['spa', 'spd'];
  const attack = stat(move.power_rule === 'target_attack' ? target : user, attackName);
  const ratio = attack / stat(target, defenseName);
  const base = (((2 * LEVEL) / 5 + 2) * power(move, user, target) * ratio) / 50 + 2;
  const bonus = user.types.includes(move.type) ? SAME_TYPE_BONUS : 1;
  const hits = move.max_hits > move.min_hits ? MEAN_HITS_OF_RANGE : move.min_hits;
  return base * MEAN_ROLL * criticalFactor(move, user) * bonus * hits * hindrance(move, user, target);
}

/** Expected damage in hit points of a move that hits; `user` and `target` are the simulator's Pokémon. */
function hitDamage(move, user, target) {
  if (move.category === 'status' || !conditionMet(move, user, target)) return 0;
  const effectiveness = typeMultiplier(move.type, target);
  if (!effectiveness) return 0;
  if (move.one_hit_knockout) return target.maxhp;
  if (move.fixed_damage) return fixedDamage(move, target);
  return formula(move, user, target) * effectiveness;
}

/** Chance from 0 to 1 that a move hits, at the current stages of accuracy and evasion. */
function hitChance(move, user, target) {
  if (move.never_misses) return 1;
  if (move.one_hit_knockout) return move.accuracy / 100;
  const stage = Math.max(-6, Math.min(6, user.boosts.accuracy - target.boosts.evasion));
  const factor = stage >= 0 ? (3 + stage) / 3 : 3 / (3 - stage);
  return Math.min(1, (move.accuracy / 100) * factor);
}

module.exports = { hitDamage, hitChance, typeMultiplier };
