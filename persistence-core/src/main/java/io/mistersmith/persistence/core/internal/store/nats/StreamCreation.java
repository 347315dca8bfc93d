package io.mistersmith.persistence.core.internal.store.nats;

import io.nats.client.JetStreamApiException;
import io.nats.client.JetStreamManagement;
import io.nats.client.api.StreamConfiguration;
import io.nats.client.api.StreamInfo;
import java.io.IOException;

/**
 * Creates streams, and repeats what failed because an account's last stream was deleted at the same
 * time: nats-server then removes the empty folder of all streams, in which it is about to make that
 * of the new one (stream.go and filestore.go of 2.9.10). Nothing was created then.
 */
final class StreamCreation {

  /** "Error creating store for stream": its reason is in the server's log alone. */
  private static final int CREATION_FAILED = 10049;

  private static final int ATTEMPTS = 3;

  private StreamCreation() {}

  static StreamInfo create(JetStreamManagement streams, StreamConfiguration wanted)
      throws IOException, JetStreamApiException {
    for (int attempt = 1; ; attempt++) {
      try {
        return streams.addStream(wanted);
      } catch (JetStreamApiException e) {
        if (e.getApiErrorCode() != CREATION_FAILED || attempt == ATTEMPTS) {
          throw e;
        }
      }
    }
  }
}
