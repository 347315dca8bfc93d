package io.mistersmith.persistence.config;

/** What to do when a bucket exists with other settings than the configured ones. */
public enum BucketChanges {
  /** Log each difference as a warning and use the bucket as it is. */
  SHOW,
  /** Log each difference, then change the bucket. */
  APPLY
}
