package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.core.internal.base.Backoff;
import io.mistersmith.persistence.core.internal.base.Ticker;
import io.nats.client.Connection;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices that the server of a living connection cannot write, and finds one that can.
 *
 * <p>A server that is cut off from its cluster keeps its clients. When requests wait for long, or
 * fail for want of a leader, the streams are asked for over the present connection and, if they
 * cannot be written there, over a connection to each other server that is known. This goes on until
 * they can be written, also when no request is sent meanwhile because all have failed. Only a
 * server over which more of them can be written takes the place of the present one: while the whole
 * cluster is down no process moves, and each asks the other servers at growing intervals.
 *
 * <p>The streams that are led by the server that is cut off look writable there for 2.5 s more, and
 * nowhere else: the others are no better until then. So they are asked at once, and not only after
 * the interval, when one more stream is in trouble.
 *
 * <p>What the looks found is also told to {@link LeaderlessStreams}.
 *
 * <p>Used by one thread, except {@link #suspect}, {@link #leave}, {@link #add}, {@link #finding}
 * and {@link #isAnswered}.
 */
final class ServerWatch {

  private static final Logger log = LoggerFactory.getLogger(NatsLink.class);

  /** A request that waits for longer makes the server suspect. */
  private static final Duration PATIENCE = Duration.ofSeconds(1);

  private static final Duration LONGEST_PAUSE = Duration.ofSeconds(15);

  /** Bad looks in a row, for which a slow server is no explanation. */
  private static final int LASTING = 2;

  /** Connects to one server. */
  interface Connector {
    Connection connect(String server) throws IOException, InterruptedException;
  }

  private final Connector connector;
  private final LeaderlessStreams leaderless;
  private final Runnable writableAgain;
  private final Ticker ticker;
  private final Set<String> streams = ConcurrentHashMap.newKeySet();
  private final Backoff backoff = new Backoff(Duration.ofMillis(500), LONGEST_PAUSE);

  /** The streams that could not be written at some look since all could. */
  private final Set<String> troubled = new HashSet<>();

  private volatile boolean suspect;
  private volatile @Nullable Connection leaving;
  private volatile StreamProbe.Trouble finding = StreamProbe.Trouble.NONE;
  private long quietUntil;
  private long othersQuietUntil;
  private int badLooks;

  /**
   * A watch that has looked at nothing yet.
   *
   * @param unheard fails requests that no leader heard
   * @param writableAgain is called when the streams can be written that could not for a while
   */
  ServerWatch(
      Connector connector,
      LeaderlessStreams.Unheard unheard,
      Runnable writableAgain,
      Ticker ticker) {
    this.connector = connector;
    this.writableAgain = writableAgain;
    this.ticker = ticker;
    this.leaderless = new LeaderlessStreams(unheard);
    this.quietUntil = ticker.nanos();
    this.othersQuietUntil = quietUntil;
  }

  /** A stream that has to be writable. */
  void add(String stream) {
    streams.add(stream);
  }

  /** Returns whether JetStream answers over a connection. Waits less than 1 s. */
  boolean isAnswered(Connection connection) throws InterruptedException {
    return StreamProbe.askForAny(connection, streams).isAnyWritable();
  }

  /** A request failed in a way in which it does where a server is cut off. */
  void suspect() {
    suspect = true;
  }

  /** The connection is to be left, whatever its server answers, as soon as another one is found. */
  void leave(Connection connection) {
    leaving = connection;
  }

  /** Returns whether the last look found trouble, so that the next one is due soon. */
  boolean isInTrouble() {
    return badLooks > 0;
  }

  /** Returns the trouble that is known of the server, to explain a request that got no answer. */
  StreamProbe.Trouble finding() {
    return finding;
  }

  /**
   * Looks at the present connection if there is reason to.
   *
   * @param waited how long the oldest request has been waiting
   * @param known the URLs of the servers
   * @return a connection to a better server; null to stay
   */
  @Nullable Connection look(Connection present, Duration waited, Collection<String> known)
      throws InterruptedException {
    boolean leave = leaving == present;
    if (ticker.nanos() - quietUntil < 0) {
      return null;
    }
    if (!leave && !suspect && waited.compareTo(PATIENCE) < 0) {
      finding = StreamProbe.Trouble.NONE;
      leaderless.reset(present);
      return null;
    }
    suspect = false;
    try (Others others = new Others(present, leave, known)) {
      long asked = ticker.nanos();
      StreamProbe probe = StreamProbe.ask(present, streams);
      if (badLooks > 0) {
        others.askIfDue();
      }
      StreamProbe.Verdict here = probe.verdict();
      boolean givenUp = leaderless.saw(present, here, asked);
      if (here.isGood() && !leave) {
        good(waited, givenUp);
        return null;
      }
      bad(here, leave);
      others.askIfDue();
      return others.better(leave ? -1 : here.writable().size());
    }
  }

  private void good(Duration waited, boolean givenUp) {
    finding =
        waited.compareTo(PATIENCE) < 0
            ? StreamProbe.Trouble.NONE
            : StreamProbe.Trouble.of(
                "the server answers other questions about the bucket, so it may be unable to"
                    + " store: look for 'no space left' in its log; nats-server has to be"
                    + " restarted after room was made");
    backoff.reset();
    troubled.clear();
    if (badLooks >= LASTING) {
      writableAgain.run();
    }
    badLooks = 0;
    if (!givenUp) {
      quietUntil = ticker.nanos() + PATIENCE.toNanos();
    }
  }

  private void bad(StreamProbe.Verdict here, boolean leave) {
    finding = leave ? finding : here.trouble();
    suspect = true;
    badLooks++;
    if (troubled.addAll(here.troubled())) {
      backoff.reset();
      othersQuietUntil = ticker.nanos();
    }
  }

  /** The other servers, which are all asked at once: a silent one takes as long as an election. */
  private final class Others implements AutoCloseable {

    private final Connection present;
    private final boolean sameServerToo;
    private final Collection<String> known;
    private final Map<Connection, StreamProbe> asked = new LinkedHashMap<>();
    private boolean due;
    private long askedAt;
    private @Nullable Connection kept;

    Others(Connection present, boolean sameServerToo, Collection<String> known) {
      this.present = present;
      this.sameServerToo = sameServerToo;
      this.known = known;
    }

    void askIfDue() throws InterruptedException {
      if (due || ticker.nanos() - othersQuietUntil < 0) {
        return;
      }
      due = true;
      askedAt = ticker.nanos();
      for (String server : known) {
        if (sameServerToo || !isSame(server, present.getConnectedUrl())) {
          connect(server).ifPresent(found -> asked.put(found, StreamProbe.ask(found, streams)));
        }
      }
    }

    /**
     * Returns the connection over which most streams can be written, if they are more than here.
     */
    @Nullable Connection better(int here) throws InterruptedException {
      int most = Math.max(here, 0);
      Connection better = null;
      StreamProbe.Verdict ofBetter = null;
      for (Map.Entry<Connection, StreamProbe> candidate : asked.entrySet()) {
        StreamProbe.Verdict there = candidate.getValue().verdict();
        log.debug(
            "NATS at {}: {}", LinkOptions.redacted(candidate.getKey().getConnectedUrl()), there);
        int writable = there.writable().size();
        if (writable > most || (better == null && there.isGood() && here < 0)) {
          most = writable;
          better = candidate.getKey();
          ofBetter = there;
        }
      }
      if (better != null && ofBetter != null) {
        moveTo(better, ofBetter);
      } else if (due) {
        othersQuietUntil = askedAt + backoff.next().toNanos();
      }
      kept = better;
      return better;
    }

    /** A stream may have no leader there either, yet. */
    private void moveTo(Connection better, StreamProbe.Verdict there) {
      boolean unused = leaderless.saw(better, there, askedAt);
      finding = there.trouble();
      suspect = !there.isGood();
      badLooks = there.isGood() ? 0 : LASTING;
      troubled.clear();
      troubled.addAll(there.troubled());
      quietUntil = ticker.nanos() + PATIENCE.toNanos();
      othersQuietUntil = quietUntil;
    }

    /** An interrupt, which ends this watch, must leave none open. */
    @Override
    public void close() {
      boolean interrupted = false;
      for (Connection candidate : asked.keySet()) {
        if (candidate != kept) {
          try {
            candidate.close();
          } catch (InterruptedException e) {
            interrupted = true;
          }
        }
      }
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private Optional<Connection> connect(String server) throws InterruptedException {
    try {
      return Optional.of(connector.connect(server));
    } catch (IOException | RuntimeException e) {
      log.debug(
          "NATS at {} is no better server",
          LinkOptions.redacted(server),
          e instanceof IOException failure ? LinkOptions.redacted(failure) : e);
      return Optional.empty();
    }
  }

  private static boolean isSame(String server, @Nullable String connected) {
    return connected != null && place(server).equals(place(connected));
  }

  private static String place(String url) {
    URI uri = URI.create(url.contains("://") ? url : "nats://" + url);
    return uri.getHost() + ":" + uri.getPort();
  }
}
