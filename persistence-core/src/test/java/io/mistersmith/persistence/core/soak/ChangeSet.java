package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.crdt.OrSet;
import io.mistersmith.persistence.model.StateKey;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;

/** Adds an element to a set, and takes the actor's oldest one away when it has some. */
final class ChangeSet implements Operation {

  private final CrdtChange<OrSet> sets = new CrdtChange<>(OrSet.class, OrSet.empty());
  private final Map<StateKey, Deque<String>> added = new HashMap<>();

  @Override
  public void run(Actor actor) {
    StateKey key = actor.key(Space.SET);
    Deque<String> mine = added.computeIfAbsent(key, k -> new ArrayDeque<>());
    if (mine.size() < 3) {
      String element = actor.newWrite();
      sets.make(
          actor, Space.SET, key, element, Effect.SAVE, set -> set.add(actor.replica(), element));
      mine.add(element);
    } else {
      String element = mine.remove();
      sets.make(actor, Space.SET, key, element + "-", Effect.DELETE, set -> set.remove(element));
    }
  }
}
