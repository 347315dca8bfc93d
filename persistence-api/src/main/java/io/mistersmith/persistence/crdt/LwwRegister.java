package io.mistersmith.persistence.crdt;

import io.mistersmith.persistence.model.HybridTimestamp;
import java.util.List;
import java.util.Optional;

/**
 * A register in which the last write wins, by the hybrid logical clock of its writers. Writes that
 * did not see each other are ordered by their timestamps; the earlier one is lost, by design. The
 * value is a JSON value as in {@link GSet}.
 */
@SuppressWarnings("exports") // the content of a dot is internal
public final class LwwRegister extends Dotted<Stamped, LwwRegister> {
  private static final LwwRegister EMPTY = new LwwRegister(DotValues.none(), Seen.NOTHING);

  LwwRegister(DotValues<Stamped> content, Seen seen) {
    super(content, seen);
  }

  /** The register that was never set. */
  public static LwwRegister empty() {
    return EMPTY;
  }

  /**
   * Set to the value. The same register where it was set at a later time already.
   *
   * @param at the time by the clock of the writer, whose node is the replica
   */
  public LwwRegister set(Object value, HybridTimestamp at) {
    Stamped write = new Stamped(Optional.of(JsonValue.of(value)), at);
    Optional<Stamped> current = latest();
    boolean late = current.isPresent() && Stamped.BY_TIME.compare(current.get(), write) >= 0;
    return late ? this : change(at.node(), (dot, old) -> true, write);
  }

  /** The value with the latest time; nothing when it was never set. */
  public Optional<Object> value() {
    return latest().flatMap(Stamped::value);
  }

  /** When the value was set. */
  public Optional<HybridTimestamp> setAt() {
    return latest().map(Stamped::at);
  }

  private Optional<Stamped> latest() {
    return content().values().stream().max(Stamped.BY_TIME);
  }

  @Override
  public CrdtType type() {
    return CrdtType.LWW_REGISTER;
  }

  @Override
  LwwRegister with(DotValues<Stamped> newContent, Seen newSeen) {
    return new LwwRegister(newContent, newSeen);
  }

  @Override
  Object valueToJson(Stamped write) {
    return List.of(write.value().orElseThrow(), write.at().toString());
  }
}
