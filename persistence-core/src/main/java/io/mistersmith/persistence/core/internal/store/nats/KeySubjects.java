package io.mistersmith.persistence.core.internal.store.nats;

import io.mistersmith.persistence.model.AgentId;
import io.mistersmith.persistence.model.StateKey;
import io.nats.client.JetStreamApiException;
import io.nats.client.Message;
import io.nats.client.api.StreamInfo;
import io.nats.client.support.JsonValueUtils;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/**
 * Asks which of an owner's keys with a prefix a stream has messages of: one request, where a
 * consumer would send a message for each. The leader answers, with up to 100,000 subjects at a
 * time.
 */
final class KeySubjects {

  private final NatsLink link;
  private final BucketStream stream;
  private final String api;

  KeySubjects(NatsLink link, BucketStream stream) {
    this.link = link;
    this.stream = stream;
    this.api = "$JS.API.STREAM.INFO." + stream.stream();
  }

  CompletableFuture<Set<StateKey>> find(AgentId agent, String prefix) {
    CompletableFuture<Set<StateKey>> found = new CompletableFuture<>();
    ask(agent, prefix, new HashSet<>(), 0, found);
    return found;
  }

  private void ask(
      AgentId agent,
      String prefix,
      Set<StateKey> keys,
      int offset,
      CompletableFuture<Set<StateKey>> found) {
    String what = "list keys of " + agent + " in bucket " + stream.bucket();
    String filter = stream.subjectPrefix() + KeyEncoding.filter(agent, prefix);
    String question = "{\"subjects_filter\":\"" + filter + "\",\"offset\":" + offset + "}";
    Replies.deliver(
        link.request(api, null, question.getBytes(StandardCharsets.UTF_8), link.requestTimeout()),
        answer -> {
          try {
            StreamInfo page = page(answer);
            int read = read(page, prefix, keys);
            if (read > 0 && offset + read < total(page)) {
              ask(agent, prefix, keys, offset + read, found);
            } else {
              found.complete(keys);
            }
          } catch (JetStreamApiException | RuntimeException e) {
            found.completeExceptionally(link.failure(what, e));
          }
        },
        failure -> found.completeExceptionally(link.failure(what, failure)));
  }

  private static StreamInfo page(Message answer) throws JetStreamApiException {
    StreamInfo info = new StreamInfo(answer);
    info.throwOnHasError();
    return info;
  }

  private int read(StreamInfo page, String prefix, Set<StateKey> keys) {
    Set<String> subjects = page.getStreamState().getSubjectMap().keySet();
    for (String subject : subjects) {
      KeyEncoding.decode(subject.substring(stream.subjectPrefix().length()))
          .filter(key -> key.path().startsWith(prefix))
          .ifPresent(keys::add);
    }
    return subjects.size();
  }

  /** Returns the number of subjects on all pages; 0 if the server does not report it. */
  private static int total(StreamInfo page) {
    return JsonValueUtils.readInteger(page.getJv(), "total", 0);
  }
}
