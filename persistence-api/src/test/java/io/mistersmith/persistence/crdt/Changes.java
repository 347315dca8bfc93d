package io.mistersmith.persistence.crdt;

import io.mistersmith.persistence.model.HybridTimestamp;
import java.util.List;

/** For each type a run of it, in which a step is one of the type's changes. */
final class Changes {
  private Changes() {}

  /** One run for each type. */
  static List<Replicas<?>> all(List<Step> steps) {
    return List.of(
        new Replicas<>(GCounter.empty(), (c, r, s) -> c.increment(r, s.item())).run(steps),
        new Replicas<>(PnCounter.empty(), (c, r, s) -> c.add(r, s.item() - 2L)).run(steps),
        new Replicas<>(GSet.empty(), (c, r, s) -> c.add(r, s.item())).run(steps),
        new Replicas<>(OrSet.empty(), Changes::orSet).run(steps),
        new Replicas<>(MvRegister.empty(), (c, r, s) -> c.set(r, s.item())).run(steps),
        new Replicas<>(LwwRegister.empty(), (c, r, s) -> c.set(s.item(), at(r, s))).run(steps),
        new Replicas<>(LwwMap.empty(), Changes::lwwMap).run(steps),
        new Replicas<>(OrMap.empty(), Changes::orMap).run(steps));
  }

  private static HybridTimestamp at(String replica, Step step) {
    return new HybridTimestamp(step.choice(), 0, replica);
  }

  static OrSet orSet(OrSet set, String replica, Step step) {
    return step.choice() % 3 == 0 ? set.remove(step.item()) : set.add(replica, step.item());
  }

  private static LwwMap lwwMap(LwwMap map, String replica, Step step) {
    String key = "key-" + step.item();
    return step.choice() % 3 == 0
        ? map.remove(key, at(replica, step))
        : map.put(key, step.choice(), at(replica, step));
  }

  private static OrMap orMap(OrMap map, String replica, Step step) {
    return switch (step.choice() % 6) {
      case 0 -> map.remove(name(step));
      case 1 -> map.update(name(step), GCounter.empty(), count -> count.increment(replica));
      case 2 -> map.update(name(step), OrSet.empty(), set -> orSet(set, replica, step));
      case 3 -> map.update(name(step), MvRegister.empty(), r -> r.set(replica, step.item()));
      case 4 -> map.update(name(step), LwwRegister.empty(), r -> r.set(1, at(replica, step)));
      default ->
          map.update(
              "inner",
              OrMap.empty(),
              inner ->
                  inner.update(name(step), PnCounter.empty(), count -> count.add(replica, -3)));
    };
  }

  private static String name(Step step) {
    return "field-" + step.item() % 2;
  }
}
