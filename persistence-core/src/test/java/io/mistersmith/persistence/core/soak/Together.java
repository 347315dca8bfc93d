package io.mistersmith.persistence.core.soak;

import io.mistersmith.persistence.error.DataResult;
import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.model.Versioned;
import io.mistersmith.persistence.state.StateType;
import io.mistersmith.persistence.state.Step;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/** Gives keys of an agent one value in one step; a read of all of them finds one value. */
final class Together implements Operation {

  private static final StateType<String> TYPE = StateType.of("together", String.class);
  private static final int KEYS = 4;

  @Override
  public void run(Actor actor) {
    if (actor.random().nextBoolean()) {
      Step step = actor.persistence().step();
      String value = actor.newWrite();
      keys(actor.owner()).forEach(key -> step.save(TYPE, key, value));
      actor.tolerate(step::commit);
    } else {
      actor.tolerate(() -> read(actor, actor.anyOwner()));
    }
  }

  private static void read(Actor actor, AgentId owner) {
    Set<Optional<String>> found = new HashSet<>();
    for (DataResult<Optional<Versioned<String>>> row :
        actor.persistence().states(TYPE).findAll(keys(owner)).values()) {
      found.add(row.orElseThrow().map(Versioned::value));
    }
    if (found.size() > 1) {
      actor.ledgerWriter().unexpected("parts of steps of " + owner + ": " + found);
    }
  }

  private static List<StateKey> keys(AgentId owner) {
    return IntStream.range(0, KEYS).mapToObj(i -> StateKey.of(owner, "t" + i)).toList();
  }
}
