'use strict';
// How both sides choose their moves. Each turn, over its legal moves, a side
//   1. takes a uniformly random one with probability EXPLORATION;
//   2. otherwise the one of highest value: chance to hit x min(1, expected damage / opponent's hit points left)
//      for attacks (damage.js), chance to hit x worth for the others (support.js). A charge turn halves the
//      value, and so does a recharge turn unless the attack knocks out. Equal values go by priority (unless they
//      are 0), then by damage, then by slug.
// A move that makes its user faint loses a battle of one against one: it is chosen only if nothing else is legal.

const { describeAll } = require('./moves');
const { hitDamage, hitChance } = require('./damage');
const { supportWorth } = require('./support');

const EXPLORATION = 0.15;
const LOST_TURN_DISCOUNT = 0.5;
const NO_ATTACK = { value: 0, damage: 0, category: '' };

const descriptions = new Map([...describeAll()].map(([id, move]) => [id, { ...move, id }]));

/** An attack's {move, value, damage, category}; its value is a share of the target's remaining hit points. */
function weighAttack(move, user, target) {
  const damage = hitDamage(move, user, target);
  const decides = damage >= target.hp;
  const lostTurn = move.charge || (move.recharge && !decides);
  const share = Math.min(1, damage / target.hp) * (lostTurn ? LOST_TURN_DISCOUNT : 1);
  const value = move.self_destruct ? 0 : share * hitChance(move, user, target);
  return { move, value, damage, category: move.category };
}

function compare(a, b) {
  const slugs = a.move.slug < b.move.slug ? -1 : 1;
  const priorities = a.value ? b.move.priority - a.move.priority : 0;
  return b.value - a.value || priorities || b.damage - a.damage || slugs;
}

/** A side's legal attacks and other moves, strongest attack first; moves without description are left out. */
function weigh(legal, user, target) {
  const known = legal.map((id) => descriptions.get(id)).filter(Boolean);
  return known.map((move) => weighAttack(move, user, target)).sort(compare);
}

function isSupport(move) {
  return move.category === 'status' || move.fixed_damage.startsWith('twice');
}

function weighSupport(option, situation) {
  const { user, foe } = situation;
  return { ...option, value: supportWorth(option.move, situation) * hitChance(option.move, user, foe) };
}

/** The option of highest value, given what both sides can do. */
function best(options, threats, user, foe) {
  const strongest = options[0];
  if (strongest.value === 1) return strongest;
  const threat = threats[0] || NO_ATTACK;
  const situation = { user, foe, best: strongest, threat, slower: user.speed < foe.speed };
  const weighed = options.map((option) =>
    isSupport(option.move) ? weighSupport(option, situation) : option,
  );
  return weighed.sort(compare)[0];
}

/** What exploration chooses from: all but the moves that lose the battle, unless there are only such. */
function explorable(options) {
  const harmless = options.filter((option) => !option.move.self_destruct);
  return harmless.length ? harmless : options;
}

/**
 * Chooses a move for each side and returns their simulator ids. A side is {pokemon, legal}: the simulator's
 * Pokémon and the ids of its legal moves. `random` is the policy's own source of chance, not the battle's.
 */
function choose([one, two], random) {
  const first = weigh(one.legal, one.pokemon, two.pokemon);
  const second = weigh(two.legal, two.pokemon, one.pokemon);
  return [decide(one, first, second, two, random), decide(two, second, first, one, random)];
}

function decide(side, options, threats, foe, random) {
  if (side.legal.length === 1) return side.legal[0];
  const explores = random.random() < EXPLORATION;
  const option = explores
    ? random.sample(explorable(options))
    : best(options, threats, side.pokemon, foe.pokemon);
  return option.move.id;
}

module.exports = { choose };
