package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.model.StateKey;
import io.mistersmith.persistence.spi.hot.HotEntry;
import io.mistersmith.persistence.spi.hot.HotReads.Together;
import io.nats.client.Connection;
import io.nats.client.Message;
import io.nats.client.Subscription;
import io.nats.client.impl.Headers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;

/**
 * Gets many keys with one request each for up to 1,024 of them: {@code multi_last} of the direct
 * get API, which servers have since 2.11.
 *
 * <p>The server sends one message for each key that it has and then a status 204 with the number of
 * messages that it left out because of their size; those are asked for again. It refuses more than
 * 1,024 subjects with a 413.
 */
final class BatchGet {

  private static final int MAX_SUBJECTS = 1024;
  private static final int MAX_REQUEST_BYTES = 256 * 1024;
  private static final int END_OF_BATCH = 204;
  private static final int NOT_FOUND = 404;

  private final NatsLink link;
  private final String bucket;
  private final String api;
  private final String subjectPrefix;

  BatchGet(NatsLink link, BucketStream stream) {
    this.link = link;
    this.bucket = stream.bucket();
    this.api = "$JS.API.DIRECT.GET." + stream.stream();
    this.subjectPrefix = stream.subjectPrefix();
  }

  /** Gets the keys; what took more than one request is not of one moment. */
  Together getAll(Collection<StateKey> keys) {
    String what = "get " + keys.size() + " keys of bucket " + bucket;
    Map<StateKey, HotEntry> found = new HashMap<>();
    Connection connection = link.connection();
    Iterator<StateKey> rest = new LinkedHashSet<>(keys).iterator();
    long deadline = System.nanoTime() + link.requestTimeout().toNanos();
    try {
      int requests = 0;
      String inbox = connection.createInbox();
      Subscription answers = connection.subscribe(inbox);
      try {
        answers.setPendingLimits(-1, -1);
        Map<String, StateKey> asked = new LinkedHashMap<>();
        while (rest.hasNext() || !asked.isEmpty()) {
          requests++;
          ask(connection, inbox, asked, rest);
          if (!receive(what, answers, deadline, asked, found)) {
            asked.clear();
          }
        }
      } finally {
        answers.unsubscribe();
      }
      return new Together(found, requests <= 1);
    } catch (IllegalStateException e) {
      throw link.failure(what, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw NatsFailures.unreachable(what, "interrupted", e);
    }
  }

  /** Fills {@code asked} up with the next keys and sends it. */
  private void ask(
      Connection connection, String inbox, Map<String, StateKey> asked, Iterator<StateKey> rest) {
    StringBuilder body = new StringBuilder("{\"multi_last\":[");
    String separator = "";
    for (String subject : asked.keySet()) {
      body.append(separator).append('"').append(subject).append('"');
      separator = ",";
    }
    while (rest.hasNext() && asked.size() < MAX_SUBJECTS && body.length() < MAX_REQUEST_BYTES) {
      StateKey key = rest.next();
      String subject = subjectPrefix + KeyEncoding.encode(key);
      asked.put(subject, key);
      body.append(separator).append('"').append(subject).append('"');
      separator = ",";
    }
    byte[] request = body.append("]}").toString().getBytes(StandardCharsets.UTF_8);
    connection.publish(api, inbox, request);
  }

  /** Moves what arrives from {@code asked} to {@code found}; whether some was left out. */
  private boolean receive(
      String what,
      Subscription answers,
      long deadline,
      Map<String, StateKey> asked,
      Map<StateKey, HotEntry> found)
      throws InterruptedException {
    int before = found.size();
    while (true) {
      long left = deadline - System.nanoTime();
      Message answer = left <= 0 ? null : answers.nextMessage(Duration.ofNanos(left));
      if (answer == null) {
        throw NatsFailures.late(what, "only " + found.size() + " came in time");
      }
      if (answer.isStatusMessage()) {
        int code = answer.getStatus().getCode();
        if (code == NOT_FOUND) {
          return false;
        }
        if (code != END_OF_BATCH) {
          throw NatsFailures.unavailable(what, answer.getStatus().getMessageWithCode());
        }
        boolean leftOut = number(answer, "Nats-Num-Pending") > 0;
        if (leftOut && found.size() == before) {
          throw NatsFailures.unreachable(what, "the server sends only a part");
        }
        return leftOut;
      }
      Headers headers = answer.getHeaders();
      String subject = headers == null ? null : headers.getLast("Nats-Subject");
      StateKey key = subject == null ? null : asked.remove(subject);
      if (subject != null && key != null) {
        found.put(key, Entries.ofDirect(key, subject, answer));
      }
    }
  }

  private static long number(Message message, String header) {
    Headers headers = message.getHeaders();
    String text = headers == null ? null : headers.getLast(header);
    return text == null ? 0 : Long.parseLong(text);
  }
}
