package io.mistersmith.persistence.security;

import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Names who writes: a user, a service or an agent, and the request that the writes belong to.
 * Writes of a thread within {@link #run} or {@link #call} bear it.
 *
 * <pre>{@code
 * Actor.of("user-17").withCorrelationId("request-9").run(() -> plans.save(agent, plan));
 * }</pre>
 *
 * <p>It travels in the entry's headers, stands in the row of {@code agents.state} whichever process
 * flushes it, and in {@code audit.change_log} where the set {@code audit} is applied. Writes that
 * go to PostgreSQL first, such as tasks and agents, tell it to their transaction. It is the
 * application's word: the change log has the login beside it. Headers and log are not encrypted, so
 * use an id rather than a person's name.
 *
 * <p>Work that the application hands to another thread does not have it unless it is {@linkplain
 * #carry carried} there.
 *
 * @param name 1 to {@value #MAX_LENGTH} printable ASCII characters, without blanks at the ends
 * @param correlationId the id of the request, of as many
 */
public record Actor(String name, Optional<String> correlationId) {

  /** The greatest length of a name and of a correlation id. */
  public static final int MAX_LENGTH = 200;

  private static final Pattern LEGAL = Pattern.compile("[!-~](?:[ -~]*[!-~])?");
  private static final ThreadLocal<@Nullable Actor> CURRENT = new ThreadLocal<>();

  /** Checks both texts. */
  public Actor {
    check("actor", name);
    correlationId.ifPresent(id -> check("correlation id", id));
  }

  private static void check(String what, String text) {
    if (!isLegal(text)) {
      throw new IllegalArgumentException(
          what
              + ": give 1 to "
              + MAX_LENGTH
              + " printable ASCII characters without blanks at the ends; it has "
              + text.length());
    }
  }

  /** Whether a text can be a name or a correlation id. */
  public static boolean isLegal(String text) {
    return text.length() <= MAX_LENGTH && LEGAL.matcher(text).matches();
  }

  /** An actor whose writes belong to no request. */
  public static Actor of(String name) {
    return new Actor(name, Optional.empty());
  }

  /** This actor in a request. */
  public Actor withCorrelationId(String id) {
    return new Actor(name, Optional.of(id));
  }

  /** Returns the actor of this thread's writes. */
  public static Optional<Actor> current() {
    return Optional.ofNullable(CURRENT.get());
  }

  /** Does the work as this actor. Within it, another actor may take over for a part. */
  public void run(Runnable work) {
    Actor before = CURRENT.get();
    CURRENT.set(this);
    try {
      work.run();
    } finally {
      putBack(before);
    }
  }

  /** Does the work as this actor, and returns its result. */
  public <T> T call(Supplier<T> work) {
    Actor before = CURRENT.get();
    CURRENT.set(this);
    try {
      return work.get();
    } finally {
      putBack(before);
    }
  }

  private static void putBack(@Nullable Actor before) {
    if (before == null) {
      CURRENT.remove();
    } else {
      CURRENT.set(before);
    }
  }

  /** Returns the work for another thread, which does it as this thread's actor. */
  public static Runnable carry(Runnable work) {
    Actor actor = CURRENT.get();
    return actor == null ? work : () -> actor.run(work);
  }

  /** Returns the work for another thread, which does it as this thread's actor. */
  public static <T> Supplier<T> carry(Supplier<T> work) {
    Actor actor = CURRENT.get();
    return actor == null ? work : () -> actor.call(work);
  }
}
