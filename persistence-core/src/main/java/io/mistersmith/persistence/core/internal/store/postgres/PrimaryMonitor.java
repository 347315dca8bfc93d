package io.mistersmith.persistence.core.internal.store.postgres;

import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.core.internal.store.postgres.ServerIdentity.Sighting;
import io.mistersmith.persistence.spi.sql.SqlStore.PrimaryChange;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Knows which server is the primary, for all pools of one runtime. Thread-safe.
 *
 * <p>The identity of a primary is (system identifier, timeline). A promotion raises the timeline,
 * so that of two servers that both accept writes the one with the lower timeline is the demoted
 * one. From the moment on that this class has seen the higher one, no connection to the other is
 * opened, kept, or trusted with a result: {@link #isCurrent} is asked before and after each call,
 * and those in use are aborted.
 */
final class PrimaryMonitor implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(PrimaryMonitor.class);

  /** How often each of several servers is asked: a promotion is noticed within one and a half. */
  private static final Duration PERIOD = Duration.ofMillis(250);

  /** How often the only server is asked: whether its name leads to another one by now. */
  private static final Duration PERIOD_ALONE = Duration.ofSeconds(10);

  /** How long an open waits for servers that do not answer. */
  private static final Duration FIRST_LOOK = Duration.ofSeconds(3);

  /** How long the known system has no primary until another one is taken for it. */
  private static final Duration MOVED = Duration.ofSeconds(10);

  private final Services services;
  private final LongSupplier nanoTime;
  private final Map<HostAddress, PrimaryHost> hosts = new LinkedHashMap<>();
  private final List<Runnable> onPrimary = new CopyOnWriteArrayList<>();
  private final List<Runnable> onDemotion = new CopyOnWriteArrayList<>();

  // Both guarded by the first.
  private final List<Consumer<PrimaryChange>> onPromotion = new ArrayList<>();
  private final List<PrimaryChange> promotions = new ArrayList<>();

  private volatile Optional<ServerIdentity> known = Optional.empty();

  /** The latest one that was seen; that of {@link #known} may only be heard of. */
  private Optional<ServerIdentity> met = Optional.empty();

  /** The host that was last seen to be the primary of {@link #known}, and when. */
  private Optional<PrimaryHost> knownAt = Optional.empty();

  private long knownSince;

  private final Object changes = new Object();
  private volatile boolean opened;
  private volatile boolean closed;

  PrimaryMonitor(Services services, LongSupplier nanoTime) {
    this.services = services;
    this.nanoTime = nanoTime;
  }

  /** Returns the server at an address, which {@code opener} asks from now on, too. */
  synchronized PrimaryHost host(HostAddress address, String user, PrimaryHost.Opener opener) {
    PrimaryHost host =
        hosts.computeIfAbsent(address, added -> new PrimaryHost(added, this, nanoTime));
    host.add(user, opener);
    return host;
  }

  private synchronized List<PrimaryHost> all() {
    return List.copyOf(hosts.values());
  }

  /** Calls {@code action}, which must not wait, when a primary was found. */
  void onPrimary(Runnable action) {
    onPrimary.add(action);
  }

  /** Calls {@code action}, which must not wait or throw, when a primary was found to be demoted. */
  void onDemotion(Runnable action) {
    onDemotion.add(action);
  }

  /**
   * Calls {@code action}, which must not wait or throw, after each promotion; at once for those
   * that were seen already, as while the runtime was waiting for NATS.
   */
  void onPromotion(Consumer<PrimaryChange> action) {
    synchronized (onPromotion) {
      onPromotion.add(action);
      promotions.forEach(action);
    }
  }

  /**
   * Begins to ask the servers. Where there are several, waits until each has answered or failed, so
   * that the first connection leads to the right one; not for long, where one does not answer.
   */
  void start() {
    List<PrimaryHost> asked = all();
    boolean several = asked.size() > 1;
    asked.forEach(host -> host.start(services, several ? PERIOD : PERIOD_ALONE));
    if (several) {
      wake();
      await(FIRST_LOOK, () -> asked.stream().allMatch(PrimaryHost::isKnown) ? this : null);
    }
  }

  /** From now on a pool without a primary waits for one, rather than to fail. */
  void opened() {
    opened = true;
  }

  /** Has all servers asked at once: a connection to one of them has failed. */
  void wake() {
    all().forEach(PrimaryHost::wake);
  }

  /** Returns the identity of the latest primary that was seen. */
  Optional<ServerIdentity> identity() {
    return known;
  }

  /** Whether a connection to a primary of this identity leads to the present one. */
  boolean isCurrent(ServerIdentity identity) {
    Optional<ServerIdentity> latest = known;
    return latest.isEmpty() || latest.get().equals(identity);
  }

  /** Returns the first of these servers that is the primary, as far as known. */
  Optional<PrimaryHost> among(List<PrimaryHost> candidates) {
    Optional<ServerIdentity> latest = known;
    return candidates.stream().filter(host -> host.isPrimaryOf(latest)).findFirst();
  }

  /** {@link #among}; once opened, waits for one at most so long. */
  Optional<PrimaryHost> await(List<PrimaryHost> candidates, Duration patience) {
    return await(opened ? patience : Duration.ZERO, () -> among(candidates).orElse(null));
  }

  private <T> Optional<T> await(Duration patience, Supplier<@Nullable T> condition) {
    long end = System.nanoTime() + patience.toNanos();
    synchronized (changes) {
      while (true) {
        T met = condition.get();
        long left = end - System.nanoTime();
        if (met != null || left <= 0 || closed) {
          return Optional.ofNullable(met);
        }
        try {
          TimeUnit.NANOSECONDS.timedWait(changes, left);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          return Optional.empty();
        }
      }
    }
  }

  /** A server has answered. Returns whether it is the primary. */
  boolean saw(PrimaryHost host, Sighting sighting) {
    Optional<ServerIdentity> before;
    boolean primary;
    boolean promoted;
    synchronized (changes) {
      before = met;
      host.answered(sighting);
      if (sighting.identity().filter(seen -> isNews(host, seen)).isPresent()) {
        known = sighting.identity();
      }
      primary = host.isPrimaryOf(known);
      if (primary) {
        knownAt = Optional.of(host);
        knownSince = nanoTime.getAsLong();
      }
      promoted = primary && sighting.identity().isPresent() && !before.equals(known);
      if (promoted) {
        met = known;
      }
      changes.notifyAll();
    }
    if (promoted && before.isPresent()) {
      promoted(host, before.get(), sighting.identity().orElseThrow());
    }
    if (primary) {
      onPrimary.forEach(Runnable::run);
    }
    return primary;
  }

  /**
   * Another system is taken for the same database moved, as by an upgrade, only where its server
   * takes the place of the primary, or once the known one has had none for a time: a server that
   * misses one question is no reason to write into a copy that is being made.
   */
  private boolean isNews(PrimaryHost host, ServerIdentity seen) {
    Optional<ServerIdentity> latest = known;
    if (latest.isEmpty() || latest.get().isBefore(seen)) {
      return true;
    }
    return !latest.get().system().equals(seen.system())
        && all().stream().noneMatch(other -> other.isPrimaryOf(latest))
        && (knownAt.filter(before -> before == host).isPresent()
            || nanoTime.getAsLong() - knownSince > MOVED.toNanos());
  }

  /**
   * Another runtime of this installation has met this primary. Until this one meets it, it has no
   * primary: the one it reaches was demoted. Timelines of another system say nothing of this one.
   */
  void heardOf(ServerIdentity told) {
    Optional<ServerIdentity> before = known;
    if (before.filter(now -> now.isBefore(told)).isEmpty()) {
      return;
    }
    synchronized (changes) {
      if (!known.equals(before)) {
        return;
      }
      known = Optional.of(told);
    }
    LOG.warn(
        "another runtime writes to a primary of PostgreSQL on timeline {}, while this one knows"
            + " only that of {}; it writes nothing there any more",
        told.timeline(),
        before.get());
    onDemotion.forEach(Runnable::run);
    wake();
  }

  private void promoted(PrimaryHost host, ServerIdentity before, ServerIdentity now) {
    LOG.warn(
        "PostgreSQL {} is the primary now, on {}; before it was {}. Connections to any other server"
            + " are closed",
        host.address(),
        now,
        before);
    PrimaryChange change =
        new PrimaryChange(
            host.address().toString(), now.system(), before.timeline(), now.timeline());
    onDemotion.forEach(Runnable::run);
    synchronized (onPromotion) {
      promotions.add(change);
      onPromotion.forEach(action -> action.accept(change));
    }
  }

  /** A server did not answer, or refused to. */
  void failed(PrimaryHost host, SQLException failure) {
    synchronized (changes) {
      host.failed(failure);
      changes.notifyAll();
    }
    LOG.debug("PostgreSQL {} does not answer", host.address(), failure);
  }

  /** Returns a sentence for each demoted server that still accepts writes, and for their lack. */
  List<String> notices() {
    List<String> notices = new ArrayList<>();
    Optional<ServerIdentity> latest = known;
    latest.ifPresent(
        now ->
            all().stream()
                .filter(host -> host.isFormerPrimaryOf(now))
                .forEach(
                    host ->
                        notices.add(
                            "PostgreSQL "
                                + host.address()
                                + " was demoted and still accepts writes; this runtime writes"
                                + " nothing there, but others may: stop it, and rebuild it as a"
                                + " standby")));
    if (opened && all().size() > 1 && among(all()).isEmpty()) {
      String none =
          "none of the PostgreSQL servers " + all().stream().map(PrimaryHost::address).toList();
      notices.add(
          all().stream()
              .filter(host -> host.refusal().isPresent())
              .findFirst()
              .map(host -> none + " is known to be a primary: " + refusal(host))
              .orElse(none + " is a primary; promote one"));
    }
    return notices;
  }

  private static String refusal(PrimaryHost host) {
    return "PostgreSQL "
        + host.address()
        + " refuses to be asked ("
        + host.refusal().map(PostgresFailures::reason).orElse("")
        + ") and may be the primary: repair that, and promote none meanwhile";
  }

  /** Stops asking. Whoever waits for a primary goes on without one. */
  @Override
  public void close() {
    closed = true;
    synchronized (changes) {
      changes.notifyAll();
    }
    all().forEach(PrimaryHost::close);
  }
}
