'use strict';
// How much a move that isn't a plain attack is worth, on the scale of attacks: the share of the opponent's
// remaining hit points that an attack is expected to take. The numbers are judgements, kept simple: such moves
// are chosen when attacking would take several turns, and not when they obviously can't work.

const { dex } = require('./rules');

const WORTH = {
  sleep: 0.6,
  heal: 0.6,
  burnAgainstPhysical: 0.45,
  toxic: 0.4,
  paralysisOfFaster: 0.4,
  yawn: 0.4,
  leechSeed: 0.4,
  resetStages: 0.4,
  screen: 0.35,
  confusion: 0.3,
  substitute: 0.3,
  protect: 0.3,
  transform: 0.3,
  poison: 0.25,
  paralysis: 0.25,
  metronome: 0.25,
  burn: 0.2,
  ownStage: 0.2,
  foeStage: 0.15,
  mirrorMove: 0.15,
  other: 0.1,
};
const MOST_FOR_STAGES = 0.5;
// Raising or lowering stops to pay at two stages, or when there is no time left for it.
const USEFUL_STAGES = 2;
const LEAST_HEALTH_FOR_STAGES = 0.6;
const MOST_THREAT_FOR_STAGES = 0.4;
const HEAL_BELOW = 0.5;
const SUBSTITUTE_COST = 0.25;
const ANSWER_DISCOUNT = 0.5;

const STATUS_IDS = { burn: 'brn', paralysis: 'par', poison: 'psn', sleep: 'slp', toxic: 'psn' };
const STAGE_IDS = {
  attack: 'atk',
  defense: 'def',
  special_attack: 'spa',
  special_defense: 'spd',
  speed: 'spe',
  accuracy: 'accuracy',
  evasion: 'evasion',
};

/** Whether the target's types make a status move fail: they stop the status, the powder or the move's type. */
function immune(move, foe) {
  const { flags, ignoreImmunity, type } = dex.moves.get(move.slug);
  const against = [STATUS_IDS[move.status]];
  if (flags.powder) against.push('powder');
  if (ignoreImmunity === false) against.push(type);
  return !against.every((cause) => dex.getImmunity(cause, foe.types));
}

function statusWorth(move, { foe, threat, slower }) {
  if (foe.status || foe.volatiles.substitute || immune(move, foe)) return 0;
  if (move.status === 'burn') return threat.category === 'physical' ? WORTH.burnAgainstPhysical : WORTH.burn;
  if (move.status === 'paralysis') return slower ? WORTH.paralysisOfFaster : WORTH.paralysis;
  return WORTH[move.status];
}

// What a move's passing condition is worth; conditions that aren't here count by their stages alone.
const VOLATILES = {
  confusion: ({ foe }) => (foe.volatiles.confusion ? 0 : WORTH.confusion),
  'leech-seed': ({ foe }) => (foe.volatiles.leechseed || foe.types.includes('Grass') ? 0 : WORTH.leechSeed),
  yawn: ({ foe }) => (foe.volatiles.yawn || foe.status ? 0 : WORTH.yawn),
  protect: ({ user, foe }) => (suffers(foe) && !user.volatiles.stall ? WORTH.protect : 0),
  substitute: substituteWorth,
  'focus-energy': ({ user }) => (user.volatiles.focusenergy ? 0 : WORTH.ownStage),
  taunt: ({ foe }) => (foe.volatiles.taunt ? 0 : WORTH.other),
  encore: ({ foe }) => (foe.volatiles.encore || !foe.lastMove ? 0 : WORTH.other),
  disable: ({ foe }) => (foe.volatiles.disable || !foe.lastMove ? 0 : WORTH.other),
};

/** Whether a Pokémon loses hit points as time passes. */
function suffers(pokemon) {
  return ['brn', 'psn', 'tox'].includes(pokemon.status) || Boolean(pokemon.volatiles.leechseed);
}

const FOES_VOLATILES = new Set(['confusion', 'leech-seed', 'yawn']);

function substituteWorth({ user, threat }) {
  const affordable = user.hp > user.maxhp * HEAL_BELOW && !user.volatiles.substitute;
  return affordable && threat.damage < user.maxhp * SUBSTITUTE_COST ? WORTH.substitute : 0;
}

function volatileWorth(move, situation) {
  if (situation.foe.volatiles.substitute && FOES_VOLATILES.has(move.volatile)) return 0;
  const worth = VOLATILES[move.volatile];
  return worth ? worth(situation) : 0;
}

/** Which stats matter to the user now: those it attacks with, is attacked on, or loses the first move by. */
function relevant({ best, threat, slower }) {
  return {
    attack: best.category === 'physical',
    special_attack: best.category === 'special',
    defense: threat.category === 'physical',
    special_defense: threat.category === 'special',
    speed: slower,
    accuracy: true,
    evasion: true,
  };
}

function ownStagesWorth(move, situation) {
  const matters = relevant(situation);
  let gain = 0;
  for (const [name, id] of Object.entries(STAGE_IDS)) {
    const change = move[`self_${name}`];
    const room = USEFUL_STAGES - situation.user.boosts[id];
    if (matters[name]) gain += change > 0 ? Math.max(0, Math.min(change, room)) : change;
  }
  return gain * WORTH.ownStage;
}

function foeStagesWorth(move, situation) {
  const { foe, best, threat, slower } = situation;
  if (foe.volatiles.substitute) return 0;
  const matters = relevant({ best: threat, threat: best, slower });
  let gain = 0;
  for (const [name, id] of Object.entries(STAGE_IDS)) {
    const room = USEFUL_STAGES + foe.boosts[id];
    if (matters[name]) gain += Math.max(0, Math.min(-move[`target_${name}`], room));
  }
  return gain * WORTH.foeStage;
}

function stagesWorth(move, situation) {
  const { user, threat } = situation;
  const time = user.hp > user.maxhp * LEAST_HEALTH_FOR_STAGES && threat.value < MOST_THREAT_FOR_STAGES;
  if (!time) return 0;
  return Math.min(MOST_FOR_STAGES, ownStagesWorth(move, situation) + foeStagesWorth(move, situation));
}

function healWorth(move, { user, threat }) {
  const low = user.hp <= user.maxhp * HEAL_BELOW;
  return low && threat.damage < user.maxhp * HEAL_BELOW ? WORTH.heal : 0;
}

function screenWorth(move, { user, threat }) {
  if (move.side_condition === 'mist' || move.side_condition === 'stealth-rock') return 0;
  const matches = move.side_condition === (threat.category === 'physical' ? 'reflect' : 'light-screen');
  const stands = user.side.sideConditions[move.side_condition.replace('-', '')];
  return matches && !stands && threat.value < HEAL_BELOW ? WORTH.screen : 0;
}

function sum(boosts) {
  return Object.values(boosts).reduce((total, stage) => total + stage, 0);
}

const EFFECTS = {
  conversion: () => 0,
  metronome: () => WORTH.metronome,
  mimic: ({ foe }) => (foe.lastMove ? WORTH.other : 0),
  mirror_move: ({ foe }) => (foe.lastMove ? WORTH.mirrorMove : 0),
  reset_stages: ({ user, foe }) =>
    sum(foe.boosts) - sum(user.boosts) >= USEFUL_STAGES ? WORTH.resetStages : 0,
  transform: ({ user }) => (user.transformed ? 0 : WORTH.transform),
  nothing: () => 0,
};

const ANSWERS = { twice_physical_taken: 'physical', twice_special_taken: 'special' };

/** Counter and Mirror Coat: half of what they would give back, if they answer the attack that is likely. */
function answerWorth(move, { foe, user, threat }) {
  if (move.fixed_damage === 'twice_taken') return WORTH.other;
  if (threat.category !== ANSWERS[move.fixed_damage] || threat.damage >= user.hp) return 0;
  return ANSWER_DISCOUNT * Math.min(1, (2 * threat.damage) / foe.hp);
}

/**
 * Worth of a status move, or of one that answers damage taken, before its accuracy.
 * A situation is {user, foe, slower, best, threat}: the simulator's two Pokémon, whether the user is the slower
 * one, and the best attack of the user and of the foe as {value, damage, category}.
 */
function supportWorth(move, situation) {
  if (move.fixed_damage.startsWith('twice')) return answerWorth(move, situation);
  if (move.effect in EFFECTS) return EFFECTS[move.effect](situation);
  if (move.heal_fraction) return healWorth(move, situation);
  if (move.status) return statusWorth(move, situation);
  if (move.side_condition) return screenWorth(move, situation);
  const stages = stagesWorth(move, situation);
  return move.volatile ? Math.max(stages, volatileWorth(move, situation)) : stages;
}

module.exports = { supportWorth };
