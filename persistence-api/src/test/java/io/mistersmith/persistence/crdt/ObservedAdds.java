package io.mistersmith.persistence.crdt;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A model of an observed-remove set, as plain as possible: each add has a number, each replica
 * knows some adds and knows some of them to be removed, and a remove removes the adds that its
 * replica knows. It never forgets anything.
 */
final class ObservedAdds {
  private record Add(long element, int number) {}

  private record Known(Set<Add> added, Set<Add> removed) {
    Known merge(Known other) {
      return new Known(union(added, other.added), union(removed, other.removed));
    }

    private static Set<Add> union(Set<Add> one, Set<Add> other) {
      Set<Add> all = new HashSet<>(one);
      all.addAll(other);
      return all;
    }
  }

  private final List<Known> current = new ArrayList<>();
  private final List<Known> versions = new ArrayList<>();

  ObservedAdds() {
    Known nothing = new Known(Set.of(), Set.of());
    for (int i = 0; i < Step.REPLICAS; i++) {
      current.add(nothing);
    }
    versions.add(nothing);
  }

  void take(Step step, int received) {
    Known old = current.get(step.replica());
    Known next = step.receives() ? old.merge(versions.get(received)) : change(old, step);
    current.set(step.replica(), next);
    versions.add(next);
  }

  private Known change(Known old, Step step) {
    Set<Add> added = new HashSet<>(old.added());
    Set<Add> removed = new HashSet<>(old.removed());
    if (step.choice() % 3 == 0) {
      old.added().stream().filter(add -> add.element() == step.item()).forEach(removed::add);
    } else {
      added.add(new Add(step.item(), versions.size()));
    }
    return new Known(added, removed);
  }

  /** The elements in the end, when everything reached everybody. */
  Set<Object> result() {
    Known all = current.stream().reduce(versions.get(0), Known::merge);
    return all.added().stream()
        .filter(add -> !all.removed().contains(add))
        .map(add -> (Object) add.element())
        .collect(Collectors.toSet());
  }
}
