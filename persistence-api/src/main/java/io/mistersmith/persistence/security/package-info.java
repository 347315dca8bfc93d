/** The encryption of entries, its keys, and the audit of changes. */
@NullMarked
package io.mistersmith.persistence.security;

import org.jspecify.annotations.NullMarked;
