"""An estate as tables tell it: turned into manifests, and into what each attachment runs."""
