package io.mistersmith.persistence.crdt;

import java.util.ArrayList;
import java.util.List;
import java.util.function.BiPredicate;

/**
 * A CRDT whose content is dots with values.
 *
 * @param <V> what a dot says
 * @param <C> the type itself
 */
abstract sealed class Dotted<V, C extends Dotted<V, C>> extends Crdt<C>
    permits GCounter, PnCounter, GSet, OrSet, LwwRegister, MvRegister, LwwMap {
  private final DotValues<V> content;

  Dotted(DotValues<V> content, Seen seen) {
    super(seen);
    this.content = content;
  }

  abstract C with(DotValues<V> newContent, Seen newSeen);

  abstract Object valueToJson(V value);

  @Override
  public final C merge(C other) {
    return with(content.join(seen(), other.content(), other.seen()), seen().merge(other.seen()));
  }

  @Override
  final C within(Seen more) {
    return with(content, more);
  }

  @Override
  final boolean holdsNothing() {
    return content.isEmpty();
  }

  final DotValues<V> content() {
    return content;
  }

  /** A new dot of the replica in place of those that it replaces. */
  final C change(String replica, BiPredicate<Dot, V> replaced, V value) {
    Dot dot = seen().next(replica);
    return with(content.replace(replaced, dot, value), seen().with(dot));
  }

  @Override
  final List<Object> contentToJson() {
    List<Object> dots = new ArrayList<>();
    content
        .dots()
        .forEach(
            (dot, value) -> dots.add(List.of(dot.replica(), dot.counter(), valueToJson(value))));
    return dots;
  }
}
