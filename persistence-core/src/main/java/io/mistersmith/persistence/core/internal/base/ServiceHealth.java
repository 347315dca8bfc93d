package io.mistersmith.persistence.core.internal.base;

import io.mistersmith.persistence.error.TransientPersistenceException;
import io.mistersmith.persistence.event.PersistenceEvent;
import io.mistersmith.persistence.event.PersistenceListener;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The health of the background services of one runtime. Thread-safe. */
public final class ServiceHealth {

  private static final Logger LOG = LoggerFactory.getLogger(ServiceHealth.class);

  /** No call into a store lasts as long. */
  private static final Duration LONGEST_SILENCE = Duration.ofMinutes(1);

  private final PersistenceListener listener;
  private final Duration longestSilence;
  private final Set<Background> services = ConcurrentHashMap.newKeySet();
  private final List<Supplier<List<String>>> others = new CopyOnWriteArrayList<>();

  /** Tells {@code listener}, which may throw, of each failure. */
  public ServiceHealth(PersistenceListener listener) {
    this(listener, LONGEST_SILENCE);
  }

  ServiceHealth(PersistenceListener listener, Duration longestSilence) {
    this.listener = listener;
    this.longestSilence = longestSilence;
  }

  /** Returns a sentence for an operator for each service that fails, is stuck or has ended. */
  public List<String> notices() {
    return Stream.concat(
            services.stream()
                .map(service -> service.trouble(longestSilence))
                .flatMap(Optional::stream),
            others.stream().flatMap(source -> source.get().stream()))
        .sorted()
        .toList();
  }

  void include(Supplier<List<String>> source) {
    others.add(source);
  }

  void watch(Background service) {
    services.add(service);
  }

  void forget(Background service) {
    services.remove(service);
  }

  /**
   * Logs the first failure, and then ever fewer of them. A store that does not answer is no defect
   * of the service: the listener does not hear of it.
   */
  void failed(Background service, long failures, Throwable cause) {
    boolean isLogged = Long.bitCount(failures) == 1;
    if (cause instanceof TransientPersistenceException) {
      if (isLogged) {
        LOG.warn(
            "{} failed at a store {} times in a row, so that {}; it goes on trying: {}",
            service.name(),
            failures,
            service.consequence(),
            cause.getMessage());
      }
      return;
    }
    try {
      if (isLogged) {
        LOG.error(
            "{} failed for a reason that should not occur, {} times in a row, so that {}; it goes"
                + " on trying",
            service.name(),
            failures,
            service.consequence(),
            cause);
      }
    } finally {
      tell(
          new PersistenceEvent.ServiceFailed(
              service.name(), service.consequence(), failures, false, cause));
    }
  }

  void recovered(Background service) {
    LOG.info("{} works again", service.name());
  }

  void ended(Background service) {
    LOG.error(
        "{} has ended although it was not closed, so that {}; close this runtime and open it again",
        service.name(),
        service.consequence());
    tell(
        new PersistenceEvent.ServiceFailed(
            service.name(),
            service.consequence(),
            1,
            true,
            new IllegalStateException(service.name() + " has ended")));
  }

  private void tell(PersistenceEvent.ServiceFailed failure) {
    try {
      listener.on(failure);
    } catch (Throwable e) {
      LOG.warn("the application's PersistenceListener failed; fix it, the engine goes on", e);
    } finally {
      LibraryThreads.dropInterrupt("the application's PersistenceListener");
    }
  }
}
