package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.spi.sql.JournalStore.StateChange;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The steps of which a change was refused. The other changes of such a step are refused with it, so
 * that no row shows a part of a step.
 *
 * @param first the refused change of each step, by the step's id
 */
record RefusedSteps(Map<String, RefusedChange> first) {

  static RefusedSteps of(List<RefusedChange> refused) {
    Map<String, RefusedChange> first = new HashMap<>();
    for (RefusedChange refusal : refused) {
      refusal.change().step().ifPresent(step -> first.putIfAbsent(step, refusal));
    }
    return new RefusedSteps(first);
  }

  /** Moves the rows of these steps to the refusals; returns whether there are such steps. */
  boolean move(List<StateRow> rows, List<RefusedChange> refused) {
    if (first.isEmpty()) {
      return false;
    }
    Set<StateChange> known = Collections.newSetFromMap(new IdentityHashMap<>());
    refused.forEach(refusal -> known.add(refusal.change()));
    List<StateRow> others = new ArrayList<>(rows.size());
    for (StateRow row : rows) {
      Optional<RefusedChange> cause = row.change().step().map(first::get);
      if (cause.isEmpty()) {
        others.add(row);
      } else if (known.add(row.change())) {
        refused.add(
            new RefusedChange(
                row.change(),
                cause.get().error(),
                "written in a step with "
                    + cause.get().change().subject()
                    + ", which was refused: "
                    + cause.get().reason(),
                cause.get().sqlState(),
                cause.get().constraint()));
      }
    }
    rows.clear();
    rows.addAll(others);
    return true;
  }
}
