package io.mistersmith.persistence.crdt;

import java.util.LinkedHashSet;
import java.util.Set;

/**
 * A register that keeps all values that were set concurrently, until one that has seen them is set.
 * Values are JSON values as in {@link GSet}.
 */
public final class MvRegister extends Dotted<Object, MvRegister> {
  private static final MvRegister EMPTY = new MvRegister(DotValues.none(), Seen.NOTHING);

  MvRegister(DotValues<Object> content, Seen seen) {
    super(content, seen);
  }

  /** The register that was never set. */
  public static MvRegister empty() {
    return EMPTY;
  }

  /** Set to the value, in place of all that are here. */
  public MvRegister set(String replica, Object value) {
    return change(replica, (dot, old) -> true, JsonValue.of(value));
  }

  /** The values: none when it was never set, more than one when writers did not see each other. */
  public Set<Object> value() {
    return Set.copyOf(new LinkedHashSet<>(content().values()));
  }

  @Override
  public CrdtType type() {
    return CrdtType.MV_REGISTER;
  }

  @Override
  MvRegister with(DotValues<Object> newContent, Seen newSeen) {
    return new MvRegister(newContent, newSeen);
  }

  @Override
  Object valueToJson(Object value) {
    return value;
  }
}
