package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.core.internal.base.PeriodicService;
import io.mistersmith.persistence.core.internal.base.Services;
import io.mistersmith.persistence.error.PersistenceException;
import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.api.StreamConfiguration;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gives buckets the replicas that the cluster had no servers for when they were opened. Each
 * process that opened such a bucket tries it every few seconds; raising the number of replicas
 * twice is the same as once. Until it has worked a notice says what is missing. Thread-safe.
 */
final class MissingReplicas implements AutoCloseable {

  private static final Logger log = LoggerFactory.getLogger(MissingReplicas.class);
  private static final Duration PAUSE = Duration.ofSeconds(2);

  /** Asks for management of the streams over the present connection. */
  interface Streams {
    JetStreamManagement open() throws IOException;
  }

  private record Missing(int wanted, String notice) {}

  private final Streams streams;
  private final Notices notices;
  private final Map<String, Missing> missing = new ConcurrentHashMap<>();
  private final PeriodicService service;
  private boolean started;

  MissingReplicas(Streams streams, Notices notices, Services services) {
    this.streams = streams;
    this.notices = notices;
    this.service =
        services.every(
            PAUSE,
            "persistence-nats-replicas",
            "buckets do not get their missing replicas",
            () -> missing.forEach(this::tryToAdd));
  }

  /** Sees to it that the stream gets so many replicas. */
  synchronized void add(String stream, int present, int wanted, String why) {
    String notice =
        "Stream %s has %d of %d replicas (%s); the missing ones are added when the cluster has servers for them"
            .formatted(stream, present, wanted, why);
    Missing before = missing.put(stream, new Missing(wanted, notice));
    if (before != null) {
      notices.remove(before.notice());
    }
    notices.add(notice);
    if (!started && service.isOpen()) {
      service.start();
      started = true;
    }
  }

  private void tryToAdd(String stream, Missing absent) {
    try {
      JetStreamManagement management = streams.open();
      StreamConfiguration present = management.getStreamInfo(stream).getConfiguration();
      if (present.getReplicas() < absent.wanted()) {
        management.updateStream(
            StreamConfiguration.builder(present).replicas(absent.wanted()).build());
      }
      if (missing.remove(stream, absent)) {
        notices.remove(absent.notice());
        log.info("Stream {} has {} replicas now", stream, absent.wanted());
      }
    } catch (IOException | JetStreamApiException | RuntimeException e) {
      boolean expected = e instanceof JetStreamApiException || e instanceof PersistenceException;
      log.debug("Stream {} has no more replicas yet", stream, expected ? null : e);
    }
  }

  @Override
  public void close() {
    service.interrupt();
    boolean unused = service.close(Duration.ZERO);
  }
}
