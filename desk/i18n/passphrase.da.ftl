# Det, der siges ved enhver terminal: adgangssætninger, og det, der skrives.
input-ended = Der kom ikke mere at læse; intet er ændret.
input-unreadable = Det, der blev skrevet, kan ikke læses som tekst.
ask-new-passphrase = Ny adgangssætning:
ask-passphrase = Adgangssætning:
ask-passphrase-again = Den nye adgangssætning en gang til:
passphrase-wrong = Adgangssætningen er forkert.
passphrases-differ = De to adgangssætninger er ikke ens.
passphrase-short = Adgangssætningen skal have mindst { $n } tegn: fem eller flere ord, som ingen kan gætte.
passphrase-monotonous = Adgangssætningen skal have mindst { $n } forskellige tegn.
passphrase-characters = Adgangssætningen har et styretegn eller en løs accent; skriv bogstaver som å som ét tegn.
passphrase-no-terminal = Her er ingen terminal at skrive adgangssætningen ved; brug --passphrase-file.
passphrase-file-unreadable = Filen { $file } med adgangssætningen kan ikke læses.
passphrase-file-open = Filen { $file } med adgangssætningen kan læses af andre; giv kun dig selv adgang (chmod 600).
file-io = Systemet siger nej: { $why }
