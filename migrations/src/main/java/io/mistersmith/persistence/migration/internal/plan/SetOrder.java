package io.mistersmith.persistence.migration.internal.plan;

import io.mistersmith.persistence.migration.internal.script.MigrationSet;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The order of sets: each behind those that it depends on, else as they were given. */
final class SetOrder {
  private final Map<String, MigrationSet> sets = new LinkedHashMap<>();
  private final List<MigrationSet> order = new ArrayList<>();

  private SetOrder() {}

  /**
   * Orders the sets.
   *
   * @throws MigrationException when a set was given twice, or depends on one that was not given
   */
  static List<MigrationSet> of(List<MigrationSet> given) {
    SetOrder order = new SetOrder();
    for (MigrationSet set : given) {
      if (order.sets.putIfAbsent(set.name(), set) != null) {
        throw new MigrationException(
            Kind.INVALID_SCRIPT, "Set " + set.name() + " was given twice; give it once");
      }
    }
    given.forEach(order::add);
    return order.order;
  }

  private void add(MigrationSet set) {
    if (order.contains(set)) {
      return;
    }
    for (String name : set.dependsOn()) {
      MigrationSet needed = sets.get(name);
      if (needed == null) {
        throw new MigrationException(
            Kind.MISSING_SET,
            "Set %s needs set %s, which was not selected; select both".formatted(set.name(), name));
      }
      add(needed);
    }
    order.add(set);
  }
}
