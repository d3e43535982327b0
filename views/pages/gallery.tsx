import type { Exhibit } from '../gallery/exhibit';
import { LANGUAGES } from '../i18n';
import { Layout, THEMES, type Shell } from '../layout';

/** For whoever works on the pages. Everything in it is made up; its buttons do nothing. */
export function galleryPage(shell: Shell, exhibits: readonly Exhibit[]) {
  const { t, urls } = shell;
  return (
    <Layout {...shell} title={t('gallery.title')}>
      <p>{t('gallery.explain')}</p>
      <ul>
        {exhibits.map(({ id, title }) => (
          <li key={id}>
            <a href={urls.gallery(id)}>{title}</a>{' '}
            {LANGUAGES.map((lang) => THEMES.filter((theme) => theme !== 'auto').map((theme) => <a key={`${lang.id}${theme}`} class="hint" href={`${urls.gallery(id)}?lang=${lang.id}&theme=${theme}`}>{`${lang.name}, ${t(`theme.${theme}`)}`} </a>))}
          </li>
        ))}
      </ul>
    </Layout>
  );
}
