package io.mistersmith.persistence.spi.sql;

import io.mistersmith.persistence.model.PostgresRole;
import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.UUID;
import java.util.regex.Pattern;

/**
 * How a unit of work runs. At first it has {@link Isolation#READ_COMMITTED}, no deadline beyond
 * those of its statements, and one attempt. Immutable: each {@code with} returns a copy.
 */
public final class SqlOptions {

  /** How far a unit of work sees concurrent transactions. */
  public enum Isolation {
    /** Each call sees what was committed before it. */
    READ_COMMITTED,
    /**
     * All calls see what was committed before the first. A write to a row that was changed since
     * fails as {@code TRANSACTION_CONFLICT}.
     */
    REPEATABLE_READ,
    /**
     * As if there was no other transaction: the unit fails as {@code TRANSACTION_CONFLICT} where it
     * may not be so.
     */
    SERIALIZABLE
  }

  private static final Pattern PREPARED_ID = Pattern.compile("[a-zA-Z0-9/-]{1,150}");

  private String what;
  private Isolation isolation = Isolation.READ_COMMITTED;
  private Optional<Duration> deadline = Optional.empty();
  private int attempts = 1;
  private boolean readOnly;
  private Optional<String> correlationId = Optional.empty();
  private Optional<UUID> attempt = Optional.empty();
  private Optional<Duration> idleLimit = Optional.empty();
  private Optional<String> applicationName = Optional.empty();
  private PostgresRole role = PostgresRole.PRIMARY;
  private Optional<String> prepared = Optional.empty();

  private SqlOptions(String what) {
    this.what = what;
  }

  private SqlOptions(SqlOptions from) {
    this.what = from.what;
    this.isolation = from.isolation;
    this.deadline = from.deadline;
    this.attempts = from.attempts;
    this.readOnly = from.readOnly;
    this.correlationId = from.correlationId;
    this.attempt = from.attempt;
    this.idleLimit = from.idleLimit;
    this.applicationName = from.applicationName;
    this.role = from.role;
    this.prepared = from.prepared;
  }

  /**
   * Returns the options of a unit.
   *
   * @param what the action and its object, which begin the messages of failures; no values
   */
  public static SqlOptions of(String what) {
    return new SqlOptions(Objects.requireNonNull(what, "what"));
  }

  /** Returns a copy with this isolation. */
  public SqlOptions withIsolation(Isolation newIsolation) {
    SqlOptions copy = new SqlOptions(this);
    copy.isolation = Objects.requireNonNull(newIsolation, "isolation");
    return copy;
  }

  /**
   * Returns a copy with a deadline for each attempt. A call after it fails as {@code TIMEOUT}
   * (transient), and so does a call that would take longer.
   *
   * @param newDeadline counted from the start of the attempt; positive
   */
  public SqlOptions withDeadline(Duration newDeadline) {
    if (newDeadline.isNegative() || newDeadline.isZero()) {
      throw new IllegalArgumentException(
          "the deadline is " + newDeadline + "; it must be positive");
    }
    SqlOptions copy = new SqlOptions(this);
    copy.deadline = Optional.of(newDeadline);
    return copy;
  }

  /**
   * Returns a copy that runs again where another transaction won ({@code TRANSACTION_CONFLICT}).
   *
   * @param newAttempts how often it runs at most; from 1 on
   */
  public SqlOptions withAttempts(int newAttempts) {
    if (newAttempts < 1) {
      throw new IllegalArgumentException("attempts is " + newAttempts + "; it must be 1 or more");
    }
    SqlOptions copy = new SqlOptions(this);
    copy.attempts = newAttempts;
    return copy;
  }

  /** Returns a copy whose writes fail with {@link IllegalStateException}. */
  public SqlOptions withReadOnly() {
    SqlOptions copy = new SqlOptions(this);
    copy.readOnly = true;
    return copy;
  }

  /**
   * Returns a copy that leaves a row by which {@link SqlStore#isCommitted(String)} finds the unit.
   * The row has a random {@link #attempt} too, another one for each call: give each unit options of
   * its own.
   */
  public SqlOptions withCorrelationId(String newCorrelationId) {
    SqlOptions copy = new SqlOptions(this);
    copy.correlationId = Optional.of(newCorrelationId);
    copy.attempt = Optional.of(UUID.randomUUID());
    return copy;
  }

  /**
   * Returns a copy that the server ends after so long without a statement, instead of the session's
   * limit.
   */
  public SqlOptions withIdleLimit(Duration newIdleLimit) {
    SqlOptions copy = new SqlOptions(this);
    copy.idleLimit = Optional.of(newIdleLimit);
    return copy;
  }

  /** Returns a copy that the server's views show under this name. */
  public SqlOptions withApplicationName(String newApplicationName) {
    SqlOptions copy = new SqlOptions(this);
    copy.applicationName = Optional.of(newApplicationName);
    return copy;
  }

  /**
   * Returns a copy that only reads, and on the servers of this role: {@code REPLICA} for what may
   * be old, as {@link SqlStore.OldReads} says, or {@code ANALYTICS} for its own server, however old
   * that is.
   */
  public SqlOptions withReadsFrom(PostgresRole newRole) {
    SqlOptions copy = withReadOnly();
    copy.role = Objects.requireNonNull(newRole, "role");
    return copy;
  }

  /**
   * Returns a copy that is prepared where it would be committed; see {@link
   * SqlStore#commitPrepared}.
   *
   * @param id 1 to 150 of the characters a-z, A-Z, 0-9, {@code -} and {@code /}, which no other
   *     prepared unit has
   */
  public SqlOptions withPrepared(String id) {
    if (!PREPARED_ID.matcher(id).matches()) {
      throw new IllegalArgumentException(
          "the id of a prepared unit has 1 to 150 of the characters a-z, A-Z, 0-9, - and /");
    }
    SqlOptions copy = new SqlOptions(this);
    copy.prepared = Optional.of(id);
    return copy;
  }

  /** Returns what is done to whom. */
  public String what() {
    return what;
  }

  /** Returns the isolation. */
  public Isolation isolation() {
    return isolation;
  }

  /** Returns the deadline of an attempt, counted from its start. */
  public Optional<Duration> deadline() {
    return deadline;
  }

  /** Returns how often the work runs at most. */
  public int attempts() {
    return attempts;
  }

  /** Whether writes fail. */
  public boolean isReadOnly() {
    return readOnly;
  }

  /** Returns by what the unit is found afterwards. */
  public Optional<String> correlationId() {
    return correlationId;
  }

  /** Returns what tells the unit from others with its correlation id; empty without an id. */
  public Optional<UUID> attempt() {
    return attempt;
  }

  /** Returns how long the unit may be without a statement; empty for the session's limit. */
  public Optional<Duration> idleLimit() {
    return idleLimit;
  }

  /** Returns what the server's views show; empty for the session's own name. */
  public Optional<String> applicationName() {
    return applicationName;
  }

  /** Returns the id under which it is prepared instead of committed. */
  public Optional<String> prepared() {
    return prepared;
  }

  /** Returns the role whose servers it runs on; another one than {@code PRIMARY} only to read. */
  public PostgresRole role() {
    return role;
  }

  @Override
  public String toString() {
    return what + " (" + isolation + ")";
  }
}
