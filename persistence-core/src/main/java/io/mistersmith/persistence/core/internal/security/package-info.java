/** The encryption of entries: their sealed form, and the data keys. */
@NullMarked
package io.mistersmith.persistence.core.internal.security;

import org.jspecify.annotations.NullMarked;
