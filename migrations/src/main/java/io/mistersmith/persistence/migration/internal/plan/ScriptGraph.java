package io.mistersmith.persistence.migration.internal.plan;

import io.mistersmith.persistence.migration.internal.script.MigrationSet;
import io.mistersmith.persistence.migration.model.Migration;
import io.mistersmith.persistence.migration.model.MigrationException;
import io.mistersmith.persistence.migration.model.MigrationException.Kind;
import io.mistersmith.persistence.migration.model.ScriptId;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The order of scripts: each behind what it depends on, and where that leaves a choice, the core
 * before the other sets, these behind the sets that they depend on, and a lower version before a
 * higher one.
 */
final class ScriptGraph {
  private final Map<ScriptId, Migration> scripts = new LinkedHashMap<>();
  private final Map<String, Integer> rank = new HashMap<>();
  private final Map<String, List<Migration>> sets = new HashMap<>();

  private ScriptGraph(List<MigrationSet> sets) {
    for (MigrationSet set : SetOrder.of(sets)) {
      if (rank.putIfAbsent(set.name(), rank.size()) != null) {
        throw new MigrationException(
            Kind.INVALID_SCRIPT, "Set " + set.name() + " was given twice; give it once");
      }
      this.sets.put(set.name(), set.migrations());
      set.migrations().forEach(migration -> scripts.put(migration.id(), migration));
    }
  }

  /**
   * The scripts of all sets in the order in which they are to be applied.
   *
   * @throws MigrationException when a script depends on one that is not there, or on itself by way
   *     of others
   */
  static List<Migration> order(List<MigrationSet> sets) {
    return new ScriptGraph(sets).order();
  }

  private List<Migration> order() {
    Map<ScriptId, Integer> waitsFor = new HashMap<>();
    Map<ScriptId, List<Migration>> dependants = new HashMap<>();
    PriorityQueue<Migration> ready =
        new PriorityQueue<>(
            Comparator.<Migration>comparingInt(m -> rank.getOrDefault(m.set(), 0))
                .thenComparing(Migration::version));
    for (Migration script : scripts.values()) {
      Set<ScriptId> needed = new HashSet<>(script.dependsOn());
      needed.forEach(id -> checkPresent(script, id));
      needed.forEach(id -> dependants.computeIfAbsent(id, i -> new ArrayList<>()).add(script));
      waitsFor.put(script.id(), needed.size());
      if (needed.isEmpty()) {
        ready.add(script);
      }
    }
    List<Migration> order = new ArrayList<>();
    for (Migration next = ready.poll(); next != null; next = ready.poll()) {
      order.add(next);
      for (Migration dependant : dependants.getOrDefault(next.id(), List.of())) {
        if (waitsFor.merge(dependant.id(), -1, Integer::sum) == 0) {
          ready.add(dependant);
        }
      }
    }
    if (order.size() < scripts.size()) {
      throw cycle(order);
    }
    return List.copyOf(order);
  }

  private void checkPresent(Migration script, ScriptId needed) {
    if (scripts.containsKey(needed)) {
      return;
    }
    String fix =
        sets.containsKey(needed.set())
            ? "add its script V%s__….sql, or correct depends-on".formatted(needed.version())
            : "select the set %s too".formatted(needed.set());
    throw new MigrationException(
        Kind.INVALID_SCRIPT,
        "Script %s depends on %s, which is missing; %s".formatted(script, needed, fix));
  }

  /** Follows the scripts that are left from one to one it waits for, until one comes again. */
  private MigrationException cycle(List<Migration> order) {
    Set<ScriptId> done = order.stream().map(Migration::id).collect(Collectors.toSet());
    List<ScriptId> path = new ArrayList<>();
    ScriptId at =
        scripts.keySet().stream().filter(id -> !done.contains(id)).findFirst().orElseThrow();
    while (!path.contains(at)) {
      path.add(at);
      Migration script = scripts.get(at);
      at =
          (script == null ? List.<ScriptId>of() : script.dependsOn())
              .stream().filter(id -> !done.contains(id)).findFirst().orElseThrow();
    }
    path.add(at);
    String names =
        path.subList(path.indexOf(at), path.size()).stream()
            .map(id -> String.valueOf(scripts.get(id)))
            .collect(Collectors.joining(" → "));
    return new MigrationException(
        Kind.INVALID_SCRIPT,
        "Scripts depend on each other in a cycle: " + names + "; correct their depends-on");
  }
}
