package io.mistersmith.persistence.core.internal.store.nats;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Sentences that an operator should know for as long as they hold. Thread-safe. */
final class Notices {

  private static final Logger log = LoggerFactory.getLogger(NatsStore.class);

  private final Set<String> sentences = new LinkedHashSet<>();

  /** Adds a sentence, and logs it when it is new. */
  void add(String sentence) {
    synchronized (sentences) {
      if (!sentences.add(sentence)) {
        return;
      }
    }
    log.warn("{}", sentence);
  }

  /** Takes out a sentence that does not hold any more. */
  void remove(String sentence) {
    synchronized (sentences) {
      sentences.remove(sentence);
    }
  }

  List<String> all() {
    synchronized (sentences) {
      return new ArrayList<>(sentences);
    }
  }
}
