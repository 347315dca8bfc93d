package io.mistersmith.persistence.error;

import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The cause of a {@code MISCONFIGURED} failure: a bucket, or the database behind an address, is
 * another installation's. Every store builds these failures here, so that they read alike.
 */
public final class OtherInstallationException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private final @Nullable UUID found;
  private final UUID expected;

  private OtherInstallationException(@Nullable UUID found, UUID expected) {
    super(
        "found "
            + (found == null ? "an unknown installation" : "installation " + found)
            + " in the place of "
            + expected);
    this.found = found;
    this.expected = expected;
  }

  /** The installation that the bucket or the database is of; empty when the bucket does not say. */
  public Optional<UUID> found() {
    return Optional.ofNullable(found);
  }

  /** The installation that this runtime was opened on. */
  public UUID expected() {
    return expected;
  }

  /** Returns whether the failure is one of these. */
  public static boolean isCauseOf(PersistenceException failure) {
    return failure.getCause() instanceof OtherInstallationException;
  }

  /** A bucket that bears another identity than the database's. */
  public static NonTransientPersistenceException ofBucket(String bucket, UUID found, UUID ours) {
    return failure(
        "bucket "
            + bucket
            + " belongs to installation "
            + found
            + ", and this database is installation "
            + ours
            + ": nothing is written to it or flushed from it, and its entries are kept. Give this"
            + " installation buckets of its own by nats.namePrefix, or point postgres at the"
            + " database of the other one. If this database is to have the bucket from now on, stop"
            + " the other installation and open once with unknownEntries TAKE_OVER, or, if the"
            + " entries are no longer needed, delete the bucket (nats kv del "
            + bucket
            + ")",
        found,
        ours);
  }

  /** A stream of messages that bears another identity than the database's. */
  public static NonTransientPersistenceException ofStream(String stream, UUID found, UUID ours) {
    return failure(
        "stream "
            + stream
            + " belongs to installation "
            + found
            + ", and this database is installation "
            + ours
            + ": nothing is published to it or read from it. Give this installation streams of its"
            + " own by nats.namePrefix, or point postgres at the database of the other one, or, if"
            + " its messages are no longer needed, delete the stream (nats stream rm "
            + stream
            + ")",
        found,
        ours);
  }

  /** A database that took the place of another one while it was in use. */
  public static NonTransientPersistenceException ofDatabase(UUID found, UUID ours) {
    return failure(
        "PostgreSQL answers as installation "
            + found
            + ", and this runtime was opened on installation "
            + ours
            + ": nothing is flushed into it, and acknowledged writes wait in NATS. Point postgres"
            + " at the database of before, or close this runtime and open it again",
        found,
        ours);
  }

  /**
   * A bucket that bears no identity, and whose content is not the database's.
   *
   * @param why the evidence
   */
  public static NonTransientPersistenceException ofUnmarkedBucket(
      String bucket, Instant made, long messages, String why, UUID ours) {
    return failure(
        "bucket "
            + bucket
            + " (made "
            + made
            + ") holds "
            + messages
            + " messages and bears no installation's identity, but "
            + why
            + ": they belong to another installation than this database's, "
            + ours
            + ", and each would become a dead letter. Point postgres at the database that the"
            + " bucket belongs to; or give this installation buckets of its own by nats.namePrefix;"
            + " or, if the entries are no longer needed, delete the bucket (nats kv del "
            + bucket
            + "). To flush them into this database all the same, register their agents in it, and"
            + " open once with unknownEntries TAKE_OVER",
        null,
        ours);
  }

  private static NonTransientPersistenceException failure(
      String message, @Nullable UUID found, UUID ours) {
    return new NonTransientPersistenceException(
        DataError.MISCONFIGURED, message, new OtherInstallationException(found, ours));
  }
}
