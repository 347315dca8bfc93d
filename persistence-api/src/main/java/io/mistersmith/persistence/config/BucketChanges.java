package io.mistersmith.persistence.config;

/**
 * What to do when a bucket exists with other settings than the configured ones. Replicas that are
 * missing are added in either case, and a bucket that would lose acknowledged writes is refused.
 */
public enum BucketChanges {
  /** Log each difference as a warning, keep it as a notice, and use the bucket as it is. */
  SHOW,
  /** Log each difference, then change the bucket. */
  APPLY
}
