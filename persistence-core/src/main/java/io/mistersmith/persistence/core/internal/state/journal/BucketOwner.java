package io.mistersmith.persistence.core.internal.state.journal;

import io.mistersmith.persistence.config.UnknownEntries;
import io.mistersmith.persistence.error.DataError;
import io.mistersmith.persistence.error.NonTransientPersistenceException;
import io.mistersmith.persistence.error.OtherInstallationException;
import io.mistersmith.persistence.error.PersistenceException;
import io.mistersmith.persistence.spi.hot.Journal;
import io.mistersmith.persistence.spi.hot.Journal.BucketState;
import java.time.Instant;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Holds a bucket and a database together: a bucket bears the identity of the installation whose
 * database it is used with.
 *
 * <ul>
 *   <li>A bucket that bears this installation's identity is its own, also after the database was
 *       restored or a replica was promoted: those keep the identity.
 *   <li>A bucket that bears none, made by an earlier version or by an operator, or recreated while
 *       it was in use, is adopted, unless there is {@linkplain Evidence evidence} against it.
 *   <li>A bucket that bears another identity is refused, and taken over only where open is
 *       configured to.
 * </ul>
 *
 * Thread-safe.
 */
public final class BucketOwner {

  private static final Logger LOG = LoggerFactory.getLogger(BucketOwner.class);

  /** Says by the content of a bucket without an identity whether it is another installation's. */
  public interface Evidence {

    /** Returns why the bucket's entries are not this database's; empty when they can be. */
    Optional<String> againstUse(BucketState state);

    /** Fails when the bucket holds entries that this database would refuse. */
    void requireKnownAgents();
  }

  private final Journal journal;
  private final UUID installation;
  private final Optional<Evidence> evidence;
  private final Side bucketSide;
  private final Side databaseSide = new Side("PostgreSQL");

  /** When the stream was created that NATS does not let this user change. */
  private volatile @Nullable Instant unmarkable;

  /**
   * Compares a bucket with {@code installation}.
   *
   * @param evidence judges the bucket by its content, where that could do harm
   */
  public BucketOwner(Journal journal, UUID installation, Optional<Evidence> evidence) {
    this.journal = journal;
    this.installation = installation;
    this.evidence = evidence;
    this.bucketSide = new Side("bucket " + journal.name());
  }

  /**
   * Returns when the bucket may be used with this database, at open.
   *
   * @throws NonTransientPersistenceException with {@code MISCONFIGURED} when it may not
   */
  public void claim(UnknownEntries policy) {
    BucketState state = journal.state();
    Optional<UUID> present = state.installation();
    if (present.equals(Optional.of(installation))) {
      return;
    }
    Optional<String> against =
        present.isEmpty() ? evidence.flatMap(by -> by.againstUse(state)) : Optional.empty();
    if (present.isEmpty() && against.isEmpty()) {
      boolean unused = adopt(state);
    } else if (policy == UnknownEntries.TAKE_OVER) {
      takeOver(state, against);
    } else {
      throw refusal(state, present, against.orElse(""));
    }
  }

  private void takeOver(BucketState state, Optional<String> against) {
    evidence.ifPresent(Evidence::requireKnownAgents);
    if (!adopt(state) && against.isEmpty()) {
      throw new NonTransientPersistenceException(
          DataError.ACCESS_DENIED,
          "bucket "
              + journal.name()
              + " cannot be taken over: NATS does not let this user change its stream. Give the"
              + " user the right to do so for this open");
    }
    LOG.warn(
        "bucket {}: its {} messages are taken over although {}",
        journal.name(),
        state.messages(),
        against.orElseGet(() -> "it belonged to installation " + state.installation().get()));
  }

  private boolean adopt(BucketState state) {
    boolean adopted = journal.adopt(state.installation());
    if (adopted) {
      LOG.info("bucket {} bears the identity of installation {}", journal.name(), installation);
    } else {
      unmarkable = state.created();
    }
    return adopted;
  }

  /**
   * Compares a bucket in use with this installation, and lets it bear the identity again where it
   * was recreated without one. Never takes over.
   *
   * @throws NonTransientPersistenceException with {@code MISCONFIGURED} when another installation's
   *     bucket is in its place
   */
  public void verify(BucketState state) {
    bucketSide.note(
        () -> {
          Optional<UUID> present = state.installation();
          if (present.equals(Optional.of(installation))
              || (present.isEmpty() && state.created().equals(unmarkable))) {
            return true;
          }
          Optional<String> against =
              present.isEmpty() ? evidence.flatMap(by -> by.againstUse(state)) : Optional.empty();
          if (present.isPresent() || against.isPresent()) {
            throw refusal(state, present, against.orElse(""));
          }
          return adopt(state);
        });
  }

  /** Asks for the bucket's state, and {@linkplain #verify verifies} it. */
  public void look() {
    verify(journal.state());
  }

  /** Runs a call on PostgreSQL, and notes whether another installation's answers. */
  <T> T guard(Supplier<T> call) {
    return databaseSide.note(call);
  }

  /**
   * Fails while the bucket or the database is known to be another installation's. Does not wait.
   */
  public void requireOwn() {
    databaseSide.requireOwn();
    bucketSide.requireOwn();
    journal.requireOwn();
  }

  /** Fails while the database is known to be another installation's. Does not wait. */
  public void requireOwnDatabase() {
    databaseSide.requireOwn();
  }

  /**
   * Returns a sentence for an operator; empty while the bucket and the database belong together.
   */
  public Optional<String> trouble() {
    return databaseSide.trouble().or(bucketSide::trouble);
  }

  private NonTransientPersistenceException refusal(
      BucketState state, Optional<UUID> present, String why) {
    return present
        .map(found -> OtherInstallationException.ofBucket(journal.name(), found, installation))
        .orElseGet(
            () ->
                OtherInstallationException.ofUnmarkedBucket(
                    journal.name(), state.created(), state.messages(), why, installation));
  }

  /** The last known refusal of the bucket, or of the database. */
  private static final class Side {

    private final String what;
    private volatile @Nullable PersistenceException refusal;

    Side(String what) {
      this.what = what;
    }

    <T> T note(Supplier<T> call) {
      try {
        T result = call.get();
        if (refusal != null) {
          LOG.info("{} is this installation's again", what);
          refusal = null;
        }
        return result;
      } catch (NonTransientPersistenceException e) {
        if (OtherInstallationException.isCauseOf(e)) {
          if (refusal == null) {
            LOG.error("{}", e.getMessage());
          }
          refusal = e;
        }
        throw e;
      }
    }

    void requireOwn() {
      PersistenceException known = refusal;
      if (known != null) {
        throw new NonTransientPersistenceException(
            DataError.MISCONFIGURED, String.valueOf(known.getMessage()), known.getCause());
      }
    }

    Optional<String> trouble() {
      return Optional.ofNullable(refusal).map(PersistenceException::getMessage);
    }
  }
}
