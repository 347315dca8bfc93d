package io.mistersmith.persistence.spi;

import io.mistersmith.persistence.error.PersistenceException;
import java.util.List;

/** What became of a batch. */
public sealed interface ApplyResult {

  /**
   * It was committed with its position.
   *
   * @param refused the changes that became dead letters, with the reason
   */
  record Applied(List<Refusal> refused) implements ApplyResult {

    /** Keeps a copy. */
    public Applied {
      refused = List.copyOf(refused);
    }
  }

  /** The position had moved: somebody else flushed, and nothing of this batch was applied. */
  record PositionMoved() implements ApplyResult {}

  /**
   * The store did not get done in the time that a statement may take, and applied nothing. Fewer
   * changes at a time may pass.
   *
   * @param cause what the store said
   */
  record OutOfTime(PersistenceException cause) implements ApplyResult {}

  /**
   * A change that the store refused.
   *
   * @param change the change
   * @param reason why, with SQLSTATE and constraint, without values
   */
  record Refusal(StateChange change, String reason) {}
}
