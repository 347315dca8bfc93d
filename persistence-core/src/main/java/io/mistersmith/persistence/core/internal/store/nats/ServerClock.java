package io.mistersmith.persistence.core.internal.store.nats;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The server's clock, estimated from the times in its answers. An answer's time lies between the
 * sending of the request and the receipt of the answer, which bounds the estimate from both sides;
 * the estimate is moved only where it lies outside, and then to the middle. So a process whose
 * clock agrees with the server's uses its own time, and a slow answer spoils nothing.
 *
 * <p>Between two answers it advances with the monotonic clock, so that setting the system's clock
 * does not move it. Before the first answer it shows the process's own time. Thread-safe.
 */
final class ServerClock extends Clock {

  /** A process whose clock differs by more logs a warning. */
  private static final Duration TOLERATED = Duration.ofSeconds(10);

  private static final Logger log = LoggerFactory.getLogger(ServerClock.class);

  /** The time that the clock showed at a reading of the monotonic clock. */
  private record Reading(long epochNanos, long atNanos, boolean ofServer) {

    long shownAt(long nanoTime) {
      return epochNanos + (nanoTime - atNanos);
    }
  }

  private final Clock own;
  private volatile Reading reading;
  private boolean warned;

  /** Shows the time of {@code own} until the server's is known. */
  ServerClock(Clock own) {
    this.own = own;
    this.reading = new Reading(nanos(own.instant()), System.nanoTime(), false);
  }

  /** Whether the server has told its time. */
  boolean isKnown() {
    return reading.ofServer();
  }

  /**
   * Takes note of the time in an answer.
   *
   * @param askedNanos {@link System#nanoTime()} before the request was sent
   */
  void observe(Instant answered, long askedNanos) {
    observe(answered, askedNanos, System.nanoTime());
  }

  synchronized void observe(Instant answered, long askedNanos, long receivedNanos) {
    long earliest = nanos(answered);
    long latest = earliest + (receivedNanos - askedNanos);
    Reading before = reading;
    // Until then it followed the process's own clock, which may have been set since.
    long shown = before.ofServer() ? before.shownAt(receivedNanos) : nanos(own.instant());
    boolean possible = earliest <= shown && shown <= latest;
    long corrected = possible ? shown : earliest + (latest - earliest) / 2;
    reading = new Reading(corrected, receivedNanos, true);
    Duration ahead = Duration.ofNanos(nanos(own.instant()) - corrected);
    boolean wrong = ahead.abs().compareTo(TOLERATED) > 0;
    if (wrong && !warned) {
      log.warn(
          "This process's clock is {} {} that of nats-server; the server's is used for ends and"
              + " ages of entries. Set this machine's clock by NTP",
          ahead.abs().truncatedTo(ChronoUnit.SECONDS),
          ahead.isNegative() ? "behind" : "ahead of");
    }
    warned = wrong;
  }

  @Override
  public Instant instant() {
    return Instant.ofEpochSecond(0, now());
  }

  @Override
  public long millis() {
    return TimeUnit.NANOSECONDS.toMillis(now());
  }

  private long now() {
    Reading latest = reading;
    return latest.ofServer() ? latest.shownAt(System.nanoTime()) : nanos(own.instant());
  }

  private static long nanos(Instant time) {
    return Math.addExact(Math.multiplyExact(time.getEpochSecond(), 1_000_000_000L), time.getNano());
  }

  @Override
  public ZoneId getZone() {
    return ZoneOffset.UTC;
  }

  /** Only {@link ZoneOffset#UTC}: nothing here shows a time of day. */
  @Override
  public Clock withZone(ZoneId zone) {
    if (!zone.equals(ZoneOffset.UTC)) {
      throw new UnsupportedOperationException("the server's clock is read in UTC");
    }
    return this;
  }
}
