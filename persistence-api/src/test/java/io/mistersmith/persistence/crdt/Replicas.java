package io.mistersmith.persistence.crdt;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Five replicas of a value, and every version that any of them ever had. */
final class Replicas<C extends Crdt<C>> {

  /** The change that a step makes to a value. */
  interface Change<C> {
    C apply(C value, String replica, Step step);
  }

  private final List<C> current;
  private final List<C> versions = new ArrayList<>();
  private final Change<C> change;

  Replicas(C empty, Change<C> change) {
    this.current = new ArrayList<>(Collections.nCopies(Step.REPLICAS, empty));
    this.versions.add(empty);
    this.change = change;
  }

  static String name(int replica) {
    return "replica-" + replica;
  }

  Replicas<C> run(List<Step> steps) {
    steps.forEach(this::take);
    return this;
  }

  /** The number of the version that a receiving step brings. */
  int received(Step step) {
    return step.choice() % versions.size();
  }

  void take(Step step) {
    C old = current.get(step.replica());
    C next =
        step.receives()
            ? old.merge(versions.get(received(step)))
            : change.apply(old, name(step.replica()), step);
    current.set(step.replica(), next);
    versions.add(next);
  }

  C version(int choice) {
    return versions.get(choice % versions.size());
  }

  /** All replicas merged, each with every other, in an order that differs from one to the next. */
  List<C> healed() {
    List<C> healed = new ArrayList<>();
    for (int first = 0; first < current.size(); first++) {
      C value = current.get(first);
      for (int i = 1; i < current.size(); i++) {
        value = value.merge(current.get((first + i * 2) % current.size()));
      }
      healed.add(value);
    }
    return healed;
  }
}
