package io.mistersmith.persistence.transaction;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.PostgresRole;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;

/**
 * How a transaction runs. Immutable; {@link #builder} makes one and {@link #toBuilder} a changed
 * copy.
 */
public final class TransactionOptions {

  /**
   * The kind of work that a transaction is part of; decides the default of each option. Every
   * transaction commits durably, whatever its kind.
   */
  public enum Boundary {
    /** One operation: 30 s in all, and the session's settings. */
    SINGLE_OPERATION(Duration.ofSeconds(30), Optional.empty(), false),
    /** A task of an agent, who may think between statements: 60 s in all, and 60 s idle. */
    AGENT_TASK(Duration.ofMinutes(1), Optional.of(Duration.ofMinutes(1)), false),
    /**
     * PostgreSQL and KV together: 30 s in all, and 30 s idle. It changes rows that others change,
     * and has a correlation id.
     */
    CROSS_SYSTEM(Duration.ofSeconds(30), Optional.of(Duration.ofSeconds(30)), true),
    /**
     * A step of several agents' work: 120 s in all, and 120 s idle. It changes rows that others
     * change, and has a correlation id. (The seeds' {@code log_statement = 'all'} is left out: it
     * takes a superuser, and puts values into the server's log.)
     */
    DISTRIBUTED_SAGA(Duration.ofMinutes(2), Optional.of(Duration.ofMinutes(2)), true);

    private final Duration timeout;
    private final Optional<Duration> idleLimit;
    private final boolean coordinated;

    Boundary(Duration timeout, Optional<Duration> idleLimit, boolean coordinated) {
      this.timeout = timeout;
      this.idleLimit = idleLimit;
      this.coordinated = coordinated;
    }

    /** Returns how long all attempts may take together, unless the options say otherwise. */
    public Duration timeout() {
      return timeout;
    }

    /**
     * Returns after which time without a statement the server ends the transaction; empty for the
     * session's own limit, 10 s at most.
     */
    public Optional<Duration> idleLimit() {
      return idleLimit;
    }

    /** Whether it has a correlation id, made if it is not given, and shares what it changes. */
    public boolean isCoordinated() {
      return coordinated;
    }
  }

  /** The isolation of a transaction from concurrent ones, from the weakest to the strongest. */
  public enum Isolation {
    /** The same as {@link #READ_COMMITTED}: PostgreSQL shows no uncommitted rows. */
    READ_UNCOMMITTED,
    /** Each statement sees what was committed before it. */
    READ_COMMITTED,
    /** All statements see what was committed before the first one. */
    REPEATABLE_READ,
    /** As if there were no other transaction. */
    SERIALIZABLE
  }

  /**
   * The behaviour of a transaction that is started in the body of another one, on the same thread.
   */
  public enum Nesting {
    /**
     * Becomes a part of the outer one, after a savepoint: when it fails, the outer one can go on
     * without it, and it is committed only with the outer one. It takes no connection, ends by the
     * outer one's timeout, and is not repeated alone.
     */
    JOIN,
    /** Fails with {@link IllegalStateException}. */
    REFUSE,
    /**
     * Is a transaction of its own on a second connection. Where the pool cannot give one because
     * all of its connections are held by transactions that wait for a second one, it fails at once:
     * as {@code MISCONFIGURED} with a pool of one connection, else as {@code POOL_EXHAUSTED}.
     */
    INDEPENDENT
  }

  private final Boundary boundary;
  private final String what;
  private final Optional<Isolation> isolation;
  private final Duration timeout;
  private final Optional<String> correlationId;
  private final Optional<AgentId> agent;
  private final boolean readOnly;
  private final PostgresRole role;
  private final boolean shared;
  private final Nesting nesting;
  private final List<Function<? super Transaction, Optional<String>>> validations;

  private TransactionOptions(Builder builder) {
    this.boundary = builder.boundary;
    this.what = builder.what;
    this.isolation = builder.isolation;
    this.timeout = builder.timeout;
    this.correlationId = builder.correlationId;
    this.agent = builder.agent;
    this.readOnly = builder.readOnly;
    this.role = builder.role;
    this.shared = builder.shared;
    this.nesting = builder.nesting;
    this.validations = List.copyOf(builder.validations);
  }

  /** Returns the options of a boundary; see {@link #builder}. */
  public static TransactionOptions of(Boundary boundary, String what) {
    return builder(boundary, what).build();
  }

  /**
   * Returns a builder with the defaults of the boundary.
   *
   * @param what the action and its object, which begin the messages of failures; no values
   */
  public static Builder builder(Boundary boundary, String what) {
    return new Builder(
        Objects.requireNonNull(boundary, "boundary"), Objects.requireNonNull(what, "what"));
  }

  /** Returns a builder that starts from these options. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  /** Returns what the transaction is part of. */
  public Boundary boundary() {
    return boundary;
  }

  /** Returns what is done to whom. */
  public String what() {
    return what;
  }

  /**
   * Returns the isolation: the one that was given, or else {@code READ_COMMITTED} for transactions
   * that only read, or that change rows which no other process changes, {@code SERIALIZABLE} for
   * shared rows across systems, {@code REPEATABLE_READ} for other shared rows.
   */
  public Isolation isolation() {
    return isolation.orElseGet(this::chosenIsolation);
  }

  private Isolation chosenIsolation() {
    if (readOnly || !shared) {
      return Isolation.READ_COMMITTED;
    }
    return boundary == Boundary.CROSS_SYSTEM ? Isolation.SERIALIZABLE : Isolation.REPEATABLE_READ;
  }

  /**
   * Returns how long all attempts may take together, with the pauses between them and, after a lost
   * COMMIT, the search for its outcome. A wait for a connection ends with {@code acquireTimeout},
   * which may be later, and a COMMIT takes the time that its deferred constraints and triggers
   * need.
   */
  public Duration timeout() {
    return timeout;
  }

  /** Returns the id that was given. */
  public Optional<String> correlationId() {
    return correlationId;
  }

  /** Returns the agent whose task it is; the server's views show the session by its name. */
  public Optional<AgentId> agent() {
    return agent;
  }

  /** Whether the server refuses all writes. */
  public boolean isReadOnly() {
    return readOnly;
  }

  /** Returns the role whose servers it reads from; {@code PRIMARY} unless it only reads. */
  public PostgresRole role() {
    return role;
  }

  /** Whether it changes rows that others change too. */
  public boolean isShared() {
    return shared;
  }

  /** Returns what it does within another transaction. */
  public Nesting nesting() {
    return nesting;
  }

  /** Returns what is asked before the commit. */
  public List<Function<? super Transaction, Optional<String>>> validations() {
    return validations;
  }

  @Override
  public String toString() {
    return what + " (" + boundary + ", " + isolation() + (readOnly ? ", read only)" : ")");
  }

  /** Collects options, and checks each value as it is given. Not thread-safe. */
  public static final class Builder {

    private final Boundary boundary;
    private String what;
    private Optional<Isolation> isolation = Optional.empty();
    private Duration timeout;
    private Optional<String> correlationId = Optional.empty();
    private Optional<AgentId> agent = Optional.empty();
    private boolean readOnly;
    private PostgresRole role = PostgresRole.PRIMARY;
    private boolean shared;
    private Nesting nesting = Nesting.JOIN;
    private final List<Function<? super Transaction, Optional<String>>> validations =
        new ArrayList<>();

    private Builder(Boundary boundary, String what) {
      this.boundary = boundary;
      this.what = what;
      this.timeout = boundary.timeout();
      this.shared = boundary.isCoordinated();
    }

    private Builder(TransactionOptions options) {
      this.boundary = options.boundary;
      this.what = options.what;
      this.isolation = options.isolation;
      this.timeout = options.timeout;
      this.correlationId = options.correlationId;
      this.agent = options.agent;
      this.readOnly = options.readOnly;
      this.role = options.role;
      this.shared = options.shared;
      this.nesting = options.nesting;
      this.validations.addAll(options.validations);
    }

    /** See {@link TransactionOptions#what()}. */
    public Builder what(String value) {
      this.what = Objects.requireNonNull(value, "what");
      return this;
    }

    /** See {@link TransactionOptions#isolation()}. */
    public Builder isolation(Isolation value) {
      this.isolation = Optional.of(value);
      return this;
    }

    /** See {@link TransactionOptions#timeout()}. */
    public Builder timeout(Duration value) {
      check(
          !value.isNegative() && !value.isZero(),
          "transaction timeout is " + value + "; give a positive duration");
      this.timeout = value;
      return this;
    }

    /**
     * Sets the id by which {@link TransactionRunner#outcome} finds the transaction, and which a
     * second transaction cannot be committed with. Costs one more row, not one more round trip.
     *
     * @param value 1 to 255 characters, without NUL or half a surrogate pair
     */
    public Builder correlationId(String value) {
      check(
          !value.isEmpty()
              && value.codePointCount(0, value.length()) <= 255
              && value
                  .codePoints()
                  .noneMatch(c -> c == 0 || Character.getType(c) == Character.SURROGATE),
          "correlation id: give 1 to 255 characters, without NUL or half a surrogate pair");
      this.correlationId = Optional.of(value);
      return this;
    }

    /** See {@link TransactionOptions#agent()}. */
    public Builder agent(AgentId value) {
      this.agent = Optional.of(value);
      return this;
    }

    /**
     * Lets the server refuse all writes. There is nothing to find out of such a transaction. As a
     * part of one that writes, it has the outer one's right to write.
     */
    public Builder readOnly() {
      this.readOnly = true;
      return this;
    }

    /**
     * Lets it only read, and what may be old:
     *
     * <ul>
     *   <li>{@code REPLICA}: from a replica that is at most {@link
     *       io.mistersmith.persistence.config.PostgresConfig#maxReplicaLag} behind and has all that
     *       this process committed before; from the primary where there is none. When the replica
     *       fails meanwhile, the body runs again on the primary.
     *   <li>{@code ANALYTICS}: from its own server, however old that is, with the statement timeout
     *       of that role; from the primary where the role is not configured.
     *   <li>{@code PRIMARY}: the same as {@link #readOnly}.
     * </ul>
     *
     * @throws IllegalArgumentException for any other role
     */
    public Builder readFrom(PostgresRole value) {
      check(
          value == PostgresRole.PRIMARY
              || value == PostgresRole.REPLICA
              || value == PostgresRole.ANALYTICS,
          "a transaction cannot read from " + value + "; use PRIMARY, REPLICA or ANALYTICS");
      this.readOnly = true;
      this.role = value;
      return this;
    }

    /**
     * Says whether it changes rows that others change too, such as balances, counters and queues;
     * see {@link TransactionOptions#isolation()}.
     */
    public Builder shared(boolean value) {
      this.shared = value;
      return this;
    }

    /** See {@link TransactionOptions#nesting()}. */
    public Builder nesting(Nesting value) {
      this.nesting = Objects.requireNonNull(value, "nesting");
      return this;
    }

    /**
     * Adds a check that is made after the body and before the commit, in the transaction. All
     * checks are made; when one or more refuse, the transaction is rolled back and fails with
     * {@code CONSTRAINT_VIOLATION}, whose message has the reasons.
     *
     * @param validation returns why the transaction must not be committed; empty when it may be.
     *     What it throws is thrown on
     */
    public Builder validate(Function<? super Transaction, Optional<String>> validation) {
      this.validations.add(Objects.requireNonNull(validation, "validation"));
      return this;
    }

    /**
     * Returns the options.
     *
     * @throws IllegalArgumentException when a transaction that only reads is to have a correlation
     *     id, or one that reads from replicas is to be SERIALIZABLE, which they refuse
     */
    public TransactionOptions build() {
      check(
          !readOnly || correlationId.isEmpty(),
          "correlation id: a read-only transaction writes no row to be found by; leave one out");
      check(
          role == PostgresRole.PRIMARY || !isolation.equals(Optional.of(Isolation.SERIALIZABLE)),
          "isolation: a replica cannot be read with SERIALIZABLE; use REPEATABLE_READ");
      return new TransactionOptions(this);
    }

    private static void check(boolean condition, String message) {
      if (!condition) {
        throw new IllegalArgumentException(message);
      }
    }
  }
}
