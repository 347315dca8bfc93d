package io.mistersmith.persistence.core.internal.store.nats;

import io.nats.client.api.StreamConfiguration;
import io.nats.client.api.StreamInfo;

/**
 * The properties of a bucket's stream that its calls need.
 *
 * @param bucket the bucket's full name
 * @param replicas how many copies there are
 * @param maxMessageBytes the largest message, headers included; negative for no bound but the
 *     server's
 * @param messageTtl whether its messages get a time to live
 * @param atomicPublish whether several messages can be stored at once
 */
record BucketStream(
    String bucket, int replicas, int maxMessageBytes, boolean messageTtl, boolean atomicPublish) {

  static BucketStream of(String bucket, StreamInfo info, boolean mayEndMessages) {
    StreamConfiguration config = info.getConfiguration();
    return new BucketStream(
        bucket,
        config.getReplicas(),
        config.getMaximumMessageSize(),
        mayEndMessages && config.getAllowMessageTtl(),
        config.getAllowAtomicPublish());
  }

  String stream() {
    return "KV_" + bucket;
  }

  String subjectPrefix() {
    return "$KV." + bucket + ".";
  }
}
