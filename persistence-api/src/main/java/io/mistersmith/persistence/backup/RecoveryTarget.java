package io.mistersmith.persistence.backup;

import java.time.Instant;

/** How far a base backup is recovered by the archived WAL. Of a dump there is only its own time. */
public sealed interface RecoveryTarget {

  /** Returns the end of what is archived, or the backup itself where it has no base backup. */
  static RecoveryTarget latest() {
    return new Latest();
  }

  /**
   * Everything that the archive holds. Where streams are restored with the base backup, this means
   * {@link BackupEnd}, as the streams end there, too.
   */
  record Latest() implements RecoveryTarget {}

  /** The end of the base backup itself, and nothing that was committed after it. */
  record BackupEnd() implements RecoveryTarget {}

  /**
   * Up to a time.
   *
   * @param at transactions that committed at this time or before are recovered
   */
  record Time(Instant at) implements RecoveryTarget {}

  /**
   * Up to a named restore point.
   *
   * @param name the name given to {@code pg_create_restore_point}
   */
  record RestorePoint(String name) implements RecoveryTarget {

    /** Checks the name. */
    public RestorePoint {
      if (name.isEmpty() || name.length() > 63 || name.chars().anyMatch(c -> c < ' ')) {
        throw new IllegalArgumentException("a restore point's name has 1 to 63 characters");
      }
    }
  }

  /**
   * Just before a transaction, such as one that deleted by mistake.
   *
   * @param transactionId the transaction's id as {@code pg_current_xact_id} returns it
   */
  record BeforeTransaction(long transactionId) implements RecoveryTarget {

    /** Checks the id. */
    public BeforeTransaction {
      if (transactionId < 3) {
        throw new IllegalArgumentException(
            "transactionId is " + transactionId + "; give at least 3");
      }
    }
  }
}
