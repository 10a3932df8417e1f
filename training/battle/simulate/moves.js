'use strict';
// One flat description of every learnable move. The reference tables are written from it, and the policy
// reads nothing else about a move, so that tables and policy cannot disagree.

const { dex, playableSpecies, slug } = require('./rules');

const STAT_NAMES = {
  atk: 'attack',
  def: 'defense',
  spa: 'special_attack',
  spd: 'special_defense',
  spe: 'speed',
  accuracy: 'accuracy',
  evasion: 'evasion',
};
const STATUS_NAMES = {
  brn: 'burn',
  frz: 'freeze',
  par: 'paralysis',
  psn: 'poison',
  slp: 'sleep',
  tox: 'toxic',
};

// The simulator says these in code, not in data.
const POWER_RULES = { lowkick: 'target_weight', facade: 'double_when_statused', foulplay: 'target_attack' };
const FIXED_DAMAGE = {
  superfang: 'half_current_hp',
  psywave: 'random_level',
  counter: 'twice_physical_taken',
  mirrorcoat: 'twice_special_taken',
  bide: 'twice_taken',
};
const CONDITIONS = { fakeout: 'first_turn', dreameater: 'target_asleep', suckerpunch: 'target_attacks' };
const EFFECTS = {
  brickbreak: 'break_screens',
  clearsmog: 'reset_target_stages',
  conversion: 'conversion',
  haze: 'reset_stages',
  metronome: 'metronome',
  mimic: 'mimic',
  mirrormove: 'mirror_move',
  rest: 'rest',
  transform: 'transform',
};
// Moves that do nothing when nobody can be switched in or helped.
const WITHOUT_EFFECT = new Set([
  'celebrate',
  'helpinghand',
  'roar',
  'splash',
  'stealthrock',
  'teleport',
  'whirlwind',
]);

function fraction(pair) {
  return pair ? pair[0] / pair[1] : 0;
}

function hits(move) {
  if (!move.multihit) return [1, 1];
  return Array.isArray(move.multihit) ? move.multihit : [move.multihit, move.multihit];
}

function fixedDamage(move) {
  return FIXED_DAMAGE[move.id] || String(move.damage || '');
}

/** The seven stat stages that a move changes, as columns named with a prefix. */
function stageColumns(prefix, boosts) {
  return Object.fromEntries(
    Object.entries(STAT_NAMES).map(([id, name]) => [`${prefix}_${name}`, (boosts && boosts[id]) || 0]),
  );
}

function volatileName(id) {
  return id === 'partiallytrapped' ? 'partial-trap' : slug(dex.conditions.get(id).name);
}

/** What a move inflicts besides damage: {status, status_chance, volatile, volatile_chance, flinch_chance}. */
function inflicted(move) {
  const effects = [{ chance: 100, status: move.status, volatileStatus: move.volatileStatus }];
  effects.push(...(move.secondaries || []));
  const status = effects.find((effect) => effect.status);
  const flinch = effects.find((effect) => effect.volatileStatus === 'flinch');
  const volatile = effects.find((effect) => effect.volatileStatus && effect !== flinch);
  if (move.id === 'triattack')
    return { ...NOTHING_INFLICTED, status: 'burn_freeze_paralysis', status_chance: 20 };
  return {
    status: status ? STATUS_NAMES[status.status] : '',
    status_chance: status ? status.chance : 0,
    volatile: volatile ? volatileName(volatile.volatileStatus) : '',
    volatile_chance: volatile ? volatile.chance : 0,
    flinch_chance: flinch ? flinch.chance : 0,
  };
}
const NOTHING_INFLICTED = {
  status: '',
  status_chance: 0,
  volatile: '',
  volatile_chance: 0,
  flinch_chance: 0,
};

/** Stage changes of the user and of the target, with the chance of the latter in percent. */
function stages(move) {
  const ofUser = move.target === 'self' ? move.boosts : move.self && move.self.boosts;
  const secondary = (move.secondaries || []).find((effect) => effect.boosts);
  const ofTarget = move.target === 'self' ? null : move.boosts || (secondary && secondary.boosts);
  const chance = secondary ? secondary.chance : 100;
  return {
    ...stageColumns('self', ofUser),
    ...stageColumns('target', ofTarget),
    target_stages_chance: ofTarget ? chance : 0,
  };
}

/** Costs and conditions of using a move. */
function constraints(move) {
  const volatile = (move.self && move.self.volatileStatus) || '';
  return {
    self_destruct: Number(Boolean(move.selfdestruct)),
    charge: Number(Boolean(move.flags.charge)),
    recharge: Number(Boolean(move.flags.recharge)),
    locks_in: Number(volatile === 'lockedmove'),
    condition: CONDITIONS[move.id] || '',
  };
}

/** Describes one move; percentages are whole numbers, fractions are of hit points. */
function describe(move) {
  const [minHits, maxHits] = hits(move);
  return {
    slug: slug(move.name),
    name: move.name,
    type: move.type,
    category: move.category.toLowerCase(),
    power: move.basePower,
    power_rule: POWER_RULES[move.id] || '',
    fixed_damage: fixedDamage(move),
    accuracy: move.accuracy === true ? 100 : move.accuracy,
    never_misses: Number(move.accuracy === true),
    pp: move.pp,
    priority: move.priority,
    min_hits: minHits,
    max_hits: maxHits,
    critical_stage: (move.critRatio || 1) - 1,
    one_hit_knockout: Number(Boolean(move.ohko)),
    drain_fraction: fraction(move.drain),
    recoil_fraction: fraction(move.recoil),
    crash_fraction: move.hasCrashDamage ? 0.5 : 0,
    heal_fraction: move.id === 'rest' ? 1 : fraction(move.heal),
    ...constraints(move),
    ...inflicted(move),
    ...stages(move),
    side_condition: move.sideCondition ? slug(dex.conditions.get(move.sideCondition).name) : '',
    effect: WITHOUT_EFFECT.has(move.id) ? 'nothing' : EFFECTS[move.id] || '',
  };
}

/** Simulator ids of the moves that a species can know, pre-evolutions included, sorted. */
function learnableMoves(species) {
  return [...dex.species.getMovePool(species.id)].sort();
}

/** Every learnable move's description by simulator id. */
function describeAll() {
  const ids = new Set(playableSpecies().flatMap(learnableMoves));
  return new Map([...ids].sort().map((id) => [id, describe(dex.moves.get(id))]));
}

module.exports = { describeAll, learnableMoves };
